"""Who was there: codes that are good for seconds, reports of meeting software, and what one presence is worth."""
