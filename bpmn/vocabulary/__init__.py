"""The vendors' extension vocabularies, each read into the specs of `bpmn.model`."""
