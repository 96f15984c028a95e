"""What counts as personal data, and what only looks like it."""

from __future__ import annotations

import pytest

from upright.guard.detectors.phone import phone
from upright.terms import Record

FOUND = [
    (
        "pii.email",
        "write to ann.lee+news@mail.example.co.uk today",
        "ann.lee+news@mail.example.co.uk",
    ),
    ("pii.email", "(jörg@bücher.example)", "jörg@bücher.example"),
    ("pii.email", "mailto:x_y@sub-domain.example.org.", "x_y@sub-domain.example.org"),
    ("pii.email", '"odd.name"@example.com', '"odd.name"@example.com'),
    ("pii.email", "我的邮箱是test@example.com谢谢", "test@example.com"),
    ("pii.email", "info@xn--bcher-kva.example", "info@xn--bcher-kva.example"),
    ("pii.payment_card", "card 4111 1111 1111 1111 please", "4111 1111 1111 1111"),
    ("pii.payment_card", "5555555555554444", "5555555555554444"),
    ("pii.payment_card", "amex 3782-822463-10005.", "3782-822463-10005"),
    ("pii.iban", "IBAN DE89 3704 0044 0532 0130 00 is mine", "DE89 3704 0044 0532 0130 00"),
    ("pii.iban", "gb82west12345698765432", "gb82west12345698765432"),
    ("pii.us_ssn", "it is 219-09-4321", "219-09-4321"),
    ("pii.us_ssn", "my social security number is 219094321", "219094321"),
    ("pii.us_ssn", "SSN 219 09 4321", "219 09 4321"),
    ("pii.ip_address", "from 8.8.4.4.", "8.8.4.4"),
    ("pii.ip_address", "at 2606:4700::6810:84e5 now", "2606:4700::6810:84e5"),
    ("pii.ip_address", "[2001:4860:4860:0:0:0:0:8888]", "2001:4860:4860:0:0:0:0:8888"),
    ("pii.ip_address", "mapped ::ffff:8.8.8.8 here", "::ffff:8.8.8.8"),
    ("pii.ip_address", "fe80::1ff:fe23:4567:890a%eth2", "fe80::1ff:fe23:4567:890a%eth2"),
    ("pii.mac_address", "nic 00:1A:2b:3c:4d:5e up", "00:1A:2b:3c:4d:5e"),
    ("pii.mac_address", "00-1a-2b-3c-4d-5e", "00-1a-2b-3c-4d-5e"),
    ("pii.mac_address", "cisco 001a.2b3c.4d5e", "001a.2b3c.4d5e"),
    ("pii.url_credentials", "ftp://ann:s3cret@example.org/x", "ann:s3cret"),
    ("pii.url_credentials", "redis://:pw0rd@cache.example", ":pw0rd"),
    (
        "pii.crypto_wallet",
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    ),
    (
        "pii.crypto_wallet",
        "to BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    ),
    (
        "pii.crypto_wallet",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    ),
    ("pii.passport", "Passport No. C01X00T47", None),
    ("pii.passport", "passport number: AB1234567", "AB1234567"),
    ("pii.us_driver_license", "driver's license number is S123-4567-8901", "S123-4567-8901"),
    ("pii.us_bank_number", "account number 123456789012", "123456789012"),
    ("pii.date_of_birth", "She was born on 12 March 1985 in Rome", "12 March 1985"),
    ("pii.date_of_birth", "DOB: 03/12/1985", "03/12/1985"),
    ("pii.date_of_birth", "date of birth 1985-03-12", "1985-03-12"),
    ("pii.date_of_birth", "born March 12th, 1985", "March 12th, 1985"),
    ("pii.age", "a 47-year-old sailor", "47"),
    ("pii.age", "he is 9 years old", "9"),
    ("pii.age", "aged 63, retired", "63"),
    ("pii.age", "she died at the age of 34.", "34"),
    ("pii.age", "He turned 30 and overheard us", "30"),
    ("pii.phone", "call me at (212) 555-0187 tonight", "(212) 555-0187"),
    ("pii.phone", "+44 20 7946 0958", "+44 20 7946 0958"),
    ("pii.phone", "tel. 030 901820", "030 901820"),
    ("pii.phone", "reach us: 212-555-0187 x204", "212-555-0187 x204"),
    ("pii.national_id", "NHS number 943 476 5919", "943 476 5919"),
    ("pii.national_id", "NI AB 12 34 56 C", "AB 12 34 56 C"),
    ("pii.national_id", "DNI 12345678Z", "12345678Z"),
    ("pii.national_id", "NIE X1234567L", "X1234567L"),
    ("pii.national_id", "CF RSSMRA85T10A562S", "RSSMRA85T10A562S"),
    ("pii.national_id", "2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
    ("pii.national_id", "Steuer-ID 86095742719", "86095742719"),
    ("pii.national_id", "BSN 111222333", "111222333"),
    ("pii.national_id", "PESEL 44051401359", "44051401359"),
    ("pii.national_id", "personnummer 811218-9876", "811218-9876"),
    ("pii.national_id", "hetu 131052-308T", "131052-308T"),
    ("pii.national_id", "CPF 111.444.777-35", "111.444.777-35"),
    ("pii.national_id", "cpf 11144477735", "11144477735"),
    ("pii.national_id", "Aadhaar 2341 2341 2346", "2341 2341 2346"),
    ("pii.national_id", "TFN 123 456 782", "123 456 782"),
    ("pii.national_id", "SIN 130-692-544", "130-692-544"),
    ("pii.national_id", "ITIN 912-70-1234", "912-70-1234"),
]

LEFT_ALONE = [
    ("pii.email", "look @ this, or a@b, or x@y.z"),
    ("pii.email", "the decorator @pytest.fixture"),
    ("pii.payment_card", "4111 1111 1111 1112"),
    ("pii.payment_card", "0000 0000 0000 0000"),
    ("pii.payment_card", "order 12345678901234567890123"),
    ("pii.payment_card", "9111111111111111"),
    ("pii.iban", "DE88 3704 0044 0532 0130 00"),
    ("pii.iban", "XX89370400440532013000"),
    ("pii.iban", "DE8937040044053201300"),
    ("pii.us_ssn", "666-12-3456, 000-12-3456, 912-12-3456, 123-00-4567, 123-45-0000"),
    ("pii.us_ssn", "078-05-1120"),
    ("pii.us_ssn", "part 219094321"),
    ("pii.us_ssn", "219-09 4321"),
    ("pii.ip_address", "127.0.0.1 and 0.0.0.0 and ::1"),
    ("pii.ip_address", "version 8.8.4.4 or 1.2.3.4.5 or 300.1.1.1"),
    ("pii.ip_address", "std::vector, Face::add, 10:20:30"),
    ("pii.mac_address", "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff"),
    ("pii.mac_address", "00:1A:2b:3c:4d:5e:6f"),
    ("pii.mac_address", "00:1A-2b:3c:4d:5e"),
    ("pii.url_credentials", "https://example.org:8080/x and a://b"),
    ("pii.crypto_wallet", "1BoatSLRHtKNngkdXEeobR76b53LETtpyU"),
    ("pii.crypto_wallet", "0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
    ("pii.crypto_wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
    ("pii.passport", "AB1234567"),
    ("pii.us_driver_license", "S123-4567-8901"),
    ("pii.us_bank_number", "123456789012"),
    ("pii.date_of_birth", "We met on 12 March 1985."),
    ("pii.age", "page 47 of 50; 30% more; in 3 years"),
    ("pii.age", "Children under the age of 18 pay half."),
    ("pii.age", "persons aged 65 or over; those age 65 and older; adults aged 65+"),
    ("pii.age", "women over the age of 40, over 25 years of age, below age 12"),
    ("pii.age", "18 years old or younger; aged 18 years or older; 21 years of age and under"),
    (
        "pii.age",
        "adults aged 18-49, aged 18 \u2013 49, aged 18 to 24, between the age of 18 and 24",
    ),
    ("pii.age", "of those under age 18 and 22.0% of others; at an average age of 34"),
    ("pii.age", "The minimum age is 16. You must be at least 18 years old."),
    ("pii.phone", "in 1984-1986, on 2019-05-14 10:30, at 10.0.0.1"),
    ("pii.phone", "219-09-4321 and 4111 1111 1111 1111"),
    ("pii.phone", "license number is 123456789"),
    ("pii.phone", "1.234.567,89 and 12,345,678"),
    ("pii.national_id", "943 476 5919"),
    ("pii.national_id", "NHS number 943 476 5918"),
    ("pii.national_id", "12345678A"),
    ("pii.national_id", "GB123456A"),
    ("pii.national_id", "RSSMRA85T10A562T"),
    ("pii.national_id", "811218-9875"),
    ("pii.national_id", "131052-308U"),
    ("pii.national_id", "111.444.777-36"),
    ("pii.national_id", "PESEL 44051401358"),
    ("pii.national_id", "BSN 111222334"),
]


@pytest.mark.parametrize(("rule", "text", "span"), FOUND)
def test_is_found_whole(found, rule, text, span):
    assert found(rule, text) == ([] if span is None else [span])


@pytest.mark.parametrize(("rule", "text"), LEFT_ALONE)
def test_is_left_alone(found, rule, text):
    assert found(rule, text) == []


@pytest.mark.parametrize("text", ["", "The tide was low and we sang.", "In 1984, 12 men left."])
def test_ordinary_prose_holds_no_personal_data(found, text):
    rules = {rule for rule, _, _ in FOUND}
    assert all(found(rule, text) == [] for rule in rules)


def test_an_address_of_any_length_is_one_finding(found):
    for size in (1, 20, 60, 64):
        address = "a" * size + "@" + "b" * 60 + ".example.org"
        assert found("pii.email", f"to {address}, please") == [address]


def test_two_addresses_side_by_side_are_two_findings(found):
    assert found("pii.email", "a@example.org;b@example.org") == ["a@example.org", "b@example.org"]


def test_public_addresses_weigh_more_than_private_ones(findings):
    public, private = findings("pii.ip_address", "8.8.4.4 and 192.168.1.7")
    assert (public.severity, private.severity) == (2, 1)
    assert public.score > private.score


def test_the_languages_of_the_use_say_where_national_numbers_are_looked_for():
    text = [Record(text="then 138 1234 5678 it is")]
    assert len(phone(["zh"]).find(text)[0]) == 1
    assert phone(["en"]).find(text)[0] == []


def test_a_region_in_the_tag_comes_before_the_language():
    assert "DE" not in phone(["en"]).version
    assert phone(["en-DE"]).version.split(":")[-1].startswith("DE,")


def test_an_announced_number_outranks_an_unannounced_one(findings):
    bare = findings("pii.phone", "it was 212-555-0187 then")
    cued = findings("pii.phone", "call 212-555-0187 then")
    assert bare[0].score < cued[0].score


def test_an_extension_is_a_part_of_the_number(found):
    assert found("pii.phone", "call 212-555-0187 ext. 12") == ["212-555-0187 ext. 12"]


def test_severity_of_a_social_security_number_is_the_gravest(findings):
    assert [f.severity for f in findings("pii.us_ssn", "219-09-4321")] == [4]
