"""The report on the figures: goals, a document in Markdown, a plot."""
