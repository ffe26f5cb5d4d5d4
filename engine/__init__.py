"""The process engine: the public facade, the only names that the REST API, the web app and the command line see."""
