import pytest
from django.core.management import CommandError, call_command
from twilio.request_validator import RequestValidator

from demo import texting


@pytest.mark.parametrize("form", [{"Body": "STOP", "From": "+358400000017"}, {"Body": "٢ & più", "A": ""}])
def test_a_text_is_signed_as_twilio_signs_it(form: dict[str, str]) -> None:
    url = "http://127.0.0.1:8000/hooks/twilio/inbound/"

    assert texting.sign(url, form, token="token") == RequestValidator("token").compute_signature(url, form)


def test_texting_where_no_demo_runs_says_so(tmp_path: object) -> None:
    with pytest.raises(CommandError, match="No demo runs here"):
        call_command("text_in", "+358400000017", "STATUS", var=tmp_path)
