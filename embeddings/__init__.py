"""Turns articles into something that can be searched: sentences, chunks, vectors, terms.

Knows nothing of questions or answers; the package `qa` builds those on top. Modules import
only from modules above them in this list:

    errors     the exception tree
    fold       folding and transliteration: one spelling for what is written in many
    months     month names in four languages
    language   which language a text is in
    sentences  sentence ranges with exact offsets
    terms      words, and the terms of the lexical index
    text       the text kernel: the public face of the four above
    dates      dates in running text
    articles   `Article`, and loading it from files
    tokens     token counts (the only importer of tiktoken)
    pieces     sentences with their headings and token counts
    context    what a chunk's place in its article says about it
    chunks     article to chunks, the unit that is embedded
    bundled    the encoder that ships inside a pip package
    encoder    text to vectors (the only importer of sentence-transformers)
    store      the SQLite store, the only truth
    index      vector search (the only importer of faiss)
    build      articles in, a searchable generation out

All offsets are `[start, end)` in Unicode code points of the article's text.
"""
