"""The files of the web page; `qa.api.page` serves them."""
