"""Forms: what people are asked for, and whether their answers will do. Pure: no I/O, no clock, no database."""
