"""Turns a question into a cited answer and shows it: over HTTP, on the command line, in a chat.

`qa.service.Service` is the composition root; `api`, `cli`, `chat` and `evaluate` talk only to it.
"""
