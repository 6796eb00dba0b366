"""The HTTP contract: what requests may hold, what replies hold, with examples for OpenAPI.

    requests  what is asked
    replies   what is told

This package must not know how a request is carried out.
"""

from __future__ import annotations

from qa.schemas.replies import (
    AnswerReply,
    ArticleList,
    ArticleReply,
    ArticleSummaryReply,
    AskReply,
    CitationCheckReply,
    CitationReply,
    ContextReply,
    FailedArticle,
    FieldProblem,
    Health,
    JobReply,
    NewerReply,
    NumberedPassage,
    PassageReply,
    Problem,
    ScoresReply,
    SearchReply,
    SentenceReply,
    TimingsReply,
    UploadReply,
    VerifyReply,
    article_dict,
    summary_dict,
)
from qa.schemas.requests import (
    ArticleBatch,
    ArticleIn,
    AskRequest,
    ContextRequest,
    Day,
    FiltersIn,
    LanguageCode,
    Line,
    SearchRequest,
    SourceName,
    TurnIn,
    Upload,
)

__all__ = [
    "AnswerReply",
    "ArticleBatch",
    "ArticleIn",
    "ArticleList",
    "ArticleReply",
    "ArticleSummaryReply",
    "AskReply",
    "AskRequest",
    "CitationCheckReply",
    "CitationReply",
    "ContextReply",
    "ContextRequest",
    "Day",
    "FailedArticle",
    "FieldProblem",
    "FiltersIn",
    "Health",
    "JobReply",
    "LanguageCode",
    "Line",
    "NewerReply",
    "NumberedPassage",
    "PassageReply",
    "Problem",
    "ScoresReply",
    "SearchReply",
    "SearchRequest",
    "SentenceReply",
    "SourceName",
    "TimingsReply",
    "TurnIn",
    "Upload",
    "UploadReply",
    "VerifyReply",
    "article_dict",
    "summary_dict",
]
