"""The composition root: settings, the WSGI application and the `baton` command line."""
