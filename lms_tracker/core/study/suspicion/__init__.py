"""Suspicion of automation: signals over a learner's recent sessions and over learners together, and their score.

A score only ever *holds* time for a person to look at (study-time.md, section 4); the model's card is
docs/suspicion-model.md.
"""
