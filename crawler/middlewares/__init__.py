"""Downloader middlewares, in Scrapy's sense."""
