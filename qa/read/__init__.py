"""The reader: finds the span of a passage that answers a question, or that there is none."""
