"""Turns a question into a cited answer and shows it: over HTTP, on the command line, in a chat.

`service.Service` is the composition root; everything below it in this list talks only to it.
Modules import only from modules above them:

    errors       the errors of questions and answers
    settings     every setting, its default and its limits
    models       what the stages hand to each other; the JSON contract
    wording      ages and counts in words
    commands     what can be typed in a chat beside questions
    filters      from what a person asked for to the store's filters
    question     what can be asked at all
    spelling     questions typed without their letters, as they are meant
    slips        words with a slip of the keyboard, as they are meant
    metrics      the measures themselves
    timing       the time that a question names
    clusters     copies of one passage, in one place
    retrieve     question to passages
    read         passages to spans: the reader, and its training
    wordlists    lists of words and phrases
    agents       who did it, where a passage says by whom
    countries    countries by name, in any language
    known        what the tables know of words
    officelists  the lists by which offices are known
    titles       persons by name, and the titles beside the name
    offices      who holds an office, where an article says it beside the name
    plausible    whether a span can be what the question asks for
    named        articles without what the question names
    reading      in which order found passages are read
    series       articles on another one of a series than the question's
    bylines      who wrote an article
    stamps       the day that a page is stamped with
    cite         span to citation
    answer       spans to answers: merged, cited, ranked
    explain      why the passages stand in their order
    disagree     independent reports, and whether they contradict each other
    newer        newer articles on the same thing
    results      answers to the contract's results
    verify       holds a saved answer against the store
    chat         follow-up questions
    service      the composition root
    context      a grounded prompt for somebody's language model
    progress     progress of long work on a terminal
    evaluate     test sets, measures, reports, the gate
    schemas      requests and replies over HTTP
    keys         API keys
    logs         the log
    web          the page: files only
    api          the HTTP API
    mcp          the doors for agents
    serve        runs the API
    render       answers as text for a terminal
    transcript   a conversation as a file
    screen       what the chat shows of an answer
    session      one sitting of the chat: its commands and filters
    loop         the chat loop
    terminal     lines as a person types them
    options      options that several commands share
    cli_chat     the command chat
    cli_eval     the command eval
    cli_doctor   the command doctor
    cli_serve    the commands serve, context, mcp and keys
    cli          the command line
"""
