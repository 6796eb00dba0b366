"""Follow-up questions without a language model: "and when?" becomes a whole question.

    lexicon         the word lists of `prompts/followups.json`, by key
    cases           case endings of names in Russian, Azerbaijani and Turkish
    countries       which country a word is a form of
    mentions        names in a text
    gender          whether a name is a man's or a woman's
    times           dates, months, "last year" in a text
    events          the meetings, visits and sessions that a text speaks of
    rephrase        "anyone else?" with a question word
    pointing        the places in a question that point back
    leaning         how a question leans on what came before, if it does
    context         what the conversation has spoken of, the latest first
    phrasing        the parts of a question that completions are made of
    ellipsis        completes "and when?"
    replaced_event  completes "what about the OIC meeting?"
    about           completes "what about Kyrgyzstan?"
    antecedents     whom and what a pronoun may mean
    refer           completes "he", "that meeting"
    subject         whether a question without names is about something else
    carry           the candidate completions of any question
    conversation    the state of a conversation; the choice between candidates

This package must not know the service, only the protocol of what answers one question.
"""

from __future__ import annotations

from qa.chat.context import Turn
from qa.chat.conversation import Asker, Conversation, Exchange, understand

__all__ = ["Asker", "Conversation", "Exchange", "Turn", "understand"]
