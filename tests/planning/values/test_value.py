"""What stands below a field is what a schema says of it."""

from __future__ import annotations

from pydantic import Field

from loadmaster.planning.values.value import Value, docstrings_of


class Ship(Value):
    name: str
    """By which it is called,
    at sea and ashore."""
    tonnes: int = 0
    crew: int = Field(default=1, description="Who sails it.")
    """Nobody reads this: the field has its own words."""

    def sail(self) -> str:
        """No field."""
        return self.name


class Tug(Ship):
    """A field that it declares anew has no docstring; one that it leaves has its base's."""

    tonnes: int = 10
    """Without what it tows."""
    crew: int = 2


class Fleet(Value):
    flag: Tug
    """The first."""
    others: tuple[Ship, ...] = ()


def test_the_docstring_below_a_field_is_its_description() -> None:
    told = Ship.model_json_schema()["properties"]
    assert told["name"]["description"] == "By which it is called,\nat sea and ashore."
    assert "description" not in told["tonnes"]


def test_a_fields_own_words_go_before_its_docstring() -> None:
    assert Ship.model_json_schema()["properties"]["crew"]["description"] == "Who sails it."


def test_a_field_that_is_declared_anew_leaves_the_words_of_its_base() -> None:
    assert docstrings_of(Tug) == {
        "name": "By which it is called,\nat sea and ashore.",
        "tonnes": "Without what it tows.",
    }


def test_a_field_that_is_a_value_has_its_own_description_and_the_parts_have_theirs() -> None:
    schema = Fleet.model_json_schema()
    assert schema["properties"]["flag"] == {"$ref": "#/$defs/Tug", "description": "The first."}
    assert schema["$defs"]["Tug"]["properties"]["tonnes"]["description"] == "Without what it tows."


def test_a_class_without_a_source_has_no_descriptions() -> None:
    made = type("Made", (Value,), {"__annotations__": {"name": str}, "__module__": "nowhere"})
    assert dict(docstrings_of(made)) == {}
