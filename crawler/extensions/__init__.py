"""Extensions, in Scrapy's sense."""
