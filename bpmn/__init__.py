"""BPMN XML in, an immutable token-flow graph out, or problems with their places.

The reader (`bpmn.reader`) turns the bytes of one file into a `bpmn.model.Definitions`; the rules (`bpmn.rules`) say
what is wrong with it. Nothing here knows of instances, databases or the clock.
"""
