"""Image numbers and file names as clients write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.check.images import images
from tests.check.reading import emptied, message, spans_are_true, words

NAMED = [
    ("image 4589", "4589"), ("img 4589", "4589"), ("photos 12, 14 and 15", "12 14 15"), ("images 3-6", "3 4 5 6"), ("picture #7", "7"),
    ("IMG_4589.jpg", "IMG_4589"), ("DSC00231", "DSC00231"), ("img 5, 6 & 8 + DSC_0099.JPG", "5 6 8 DSC_0099"), ("dark img 2 5 8", "2 5 8"),
    ("photos 15–17", "15 16 17"), ("images 3 to 5", "3 4 5"), ("Bild 5 und 9", "5 9"), ("foto 3", "3"), ("kuvan 7 terassilta", "7"),
    ("bilde 3", "3"), ("på billede 11?", "11"), ("la photo 12 est sombre", "12"), ("zdjęcie 3", "3"), ("画像 4 を", "4"), ("写真12", "12"),
    ("صورة 5 وصورة 6", "5 6"), ("DSC_0140.NEF", "DSC_0140"), ("DSCF1234 is dark", "DSCF1234"), ("P1010001.JPG", "P1010001"),
    ("GOPR0042", "GOPR0042"), ("PXL_20260101_101112.jpg", "PXL_20260101_101112"), ("kitchen-01.jpg", "kitchen-01"),
    ("(IMG_2217.jpg)", "IMG_2217"), ("image no. 7", "7"), ("image 3 and image 3", "3"), ("images 3,4,5", "3 4 5"), ("Images: 12, 13", "12 13"),
    ("IMG_4589-4591", "IMG_4589 IMG_4590 IMG_4591"), ("images 1-500", "1 500"), ("1. photos 2, 4: tilted", "2 4"), ("img\u00a03", "3"),
]  # fmt: skip
NONE = [
    "image one",
    "3 images",
    "order 10231",
    "24 photos were sent",
    "Fwd_4711.eml",
    "bedroom 2",
    "image 50% darker",
    "7714 ??",
    "photo 3 times",
]


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_an_image_is_found_as_the_client_wrote_it(text: str, expected: str) -> None:
    m = message(text)
    found = images(m, words("images"))
    assert " ".join(found.numbers) == expected
    assert spans_are_true(m, found.evidence.spans)


@pytest.mark.parametrize("text", NONE)
def test_a_number_that_means_something_else_is_no_image(text: str) -> None:
    assert images(message(text), words("images")).numbers == ()


@pytest.mark.parametrize(
    "text", ["all images are dark", "ALL PHOTOS", "every single photo", "alle Bilder", "all of the pictures", "the whole set"]
)
def test_all_images_are_meant(text: str) -> None:
    found = images(message(text), words("images"))
    assert found.all_images
    assert found.numbers == ()


def test_not_all_images_are_meant_where_the_client_says_so() -> None:
    assert not images(message("not all images are dark"), words("images")).all_images


@pytest.mark.parametrize(
    ("field", "text"),
    [("words", "image 3"), ("number_words", "image number 3"), ("joiners", "images 3 and 4"), ("range_words", "images 3 to 6"),
     ("cameras", "DSC00231"), ("extensions", "kitchen.jpg"), ("counted", "photo 3 times"), ("all_words", "all images"),
     ("all_fillers", "all of the images"), ("all_phrases", "the whole set"), ("not_all", "not all images")],
)  # fmt: skip
def test_every_list_is_needed(field: str, text: str) -> None:
    def seen(lists: object) -> tuple[tuple[str, ...], bool]:
        found = images(message(text), lists)  # type: ignore[arg-type]  # the loader is untyped
        return found.numbers, found.all_images

    assert seen(words("images")) != seen(emptied("images", field))


@given(st.text(max_size=300))
def test_any_text_is_read_and_the_spans_are_true(text: str) -> None:
    found = images(message(text), words("images"))
    assert all(text[s.start : s.end] == s.words for s in found.evidence.spans)
