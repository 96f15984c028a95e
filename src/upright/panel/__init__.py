"""Virtual focus groups: invented people, product descriptions, exact chances of each choice."""
