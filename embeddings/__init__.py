"""Turns articles into something that can be searched: sentences, chunks, vectors, terms.

Knows nothing of questions or answers; the package `qa` builds those on top. Modules import
only from modules above them in this list:

    errors       the exception tree
    fold         folding and transliteration: one spelling for what is written in many
    concepts     words of the news that share no letters across languages, under one name
    months       month names in four languages
    language     which language a text is in
    sentences    sentence ranges with exact offsets
    terms        words, and the terms of the lexical index
    text         the text kernel: the public face of the four above
    datewords    the shapes of a date
    dates        dates in running text
    phrases      the tables of phrases that boilerplate is known by
    boilerplate  what is never indexed and never quoted
    datelines    agency datelines
    metadata     title, date, source and author as the text states them
    fields       fields of records: names, types, checks
    formats      decoding, Markdown, JSON and JSON Lines
    webpages     HTML through trafilatura
    files        the search for files in folders
    articles     `Article`, and loading it from files
    copies       whether two articles carry the same story
    tokens       token counts (the only importer of tiktoken)
    pieces       sentences with their headings and token counts
    context      what a chunk's place in its article says about it
    chunks       article to chunks, the unit that is embedded
    cache        folders of files made once, whole and verified
    bundled      the encoder that ships inside a pip package
    modelfolder  what a sentence-transformers folder says about its model
    runtime      runs a network without torch
    vocabulary   a tokenizer's pieces, and how likely they are
    encoder      text to vectors (the only importer of sentence-transformers)
    database     opening the database (the only importer of apsw)
    records      what the store's tables hold, as dataclasses
    reads        every question to the store
    writes       every change to the store
    store        the SQLite store, the only truth
    index        vector search (the only importer of faiss)
    generations  the index on disk, whole, verified and replaceable
    build        articles in, a searchable generation out
    doctor       is the store sound, and what can be mended

All offsets are `[start, end)` in Unicode code points of the article's text.
"""
