"""Migration: running process instances go on in another definition (Camunda manual, "Process Instance Migration").

A plan pairs elements of two definitions; its rules can be checked without any instance. What can be wrong with one
instance is found before anything of it is changed.
"""
