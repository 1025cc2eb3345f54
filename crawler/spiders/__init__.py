"""Spiders, in Scrapy's sense."""
