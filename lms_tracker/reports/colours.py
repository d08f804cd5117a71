"""The reports' few colours: calm, distinct for people who see colours differently, and in print without colour."""

INK = "#1d2733"
MUTED = "#5b6875"
LINE = "#d9dfe5"
WASH = "#f3f6f8"
ACCENT = "#1f5f8b"
MARK = "#8a3b2e"
SERIES = ("#1f5f8b", "#63a6a4", "#c99a45", "#7a6a9c", "#8c9aa6")
