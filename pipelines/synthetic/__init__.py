"""The embedded data sets: music made from its tags."""

from pipelines.synthetic.tagged import CHOICES, TAGS, VERSION, main, make, plan

__all__ = ["CHOICES", "TAGS", "VERSION", "main", "make", "plan"]
