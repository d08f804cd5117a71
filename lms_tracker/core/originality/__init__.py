"""Which texts say the same: prints to find who might, and the exact passages of two. A signal for a person, never a mark.

Two ways of being alike are looked for. A passage taken over word for word, however small a part of both texts, shares
*marks*: hashes of five characters chosen by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing: local algorithms for
document fingerprinting", SIGMOD 2003), which finds every common run of 16 characters. A text that was gone through and
reworded here and there shares its *signature*: MinHash over all shingles, with bands (Broder 1997; Leskovec, Rajaraman,
Ullman: "Mining of massive datasets", ch. 3).
"""
