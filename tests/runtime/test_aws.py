"""What the app tells AWS: the requests that go out, and what becomes of a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.errors import AwsError, SettingsError
from chalicelib.runtime import aws
from chalicelib.utils import get_parameter
from tests.github.local_server import BAD_CHUNK, CUT_BODY, HANGING, LocalServer, Reply, reply

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:contributor-metrics-dev-daily"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:troubles"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region as Lambda gives them, and no session of an earlier test's."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """AWS: it answers each request on a connection of its own, and reads no bodies."""
    local = LocalServer()
    monkeypatch.setenv("AWS_ENDPOINT_URL", local.url)
    yield local
    local.close()


def test_a_refusal_is_named_by_aws_s_own_word(server: LocalServer) -> None:
    refusal = {"x-amzn-ErrorType": "AccessDeniedException"}
    server.replies = [reply(403, {"Message": "User: arn:aws:sts::1:me is not authorized"}, refusal, then="close")]
    with pytest.raises(AwsError, match=r"^AWS refused lambda:invoke: AccessDeniedException$"):
        aws.invoke(FUNCTION, {})


def test_an_aws_that_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(AwsError, match=r"^lambda:invoke failed: Could not connect to the endpoint URL"):
        aws.invoke(FUNCTION, {})


def test_an_aws_that_does_not_answer_is_not_waited_for(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a network without a way to SNS, a Lambda waited until AWS ended it: nobody saw why it had failed."""
    monkeypatch.setattr(aws, "TIMEOUT_SECONDS", 0.2)
    server.replies = [HANGING, HANGING, HANGING]
    with pytest.raises(AwsError, match=r"^lambda:invoke failed: Read timeout"):
        aws.invoke(FUNCTION, {})
    assert len(server.seen) == 2


def test_without_a_region_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(AwsError, match=r"^lambda:invoke failed: You must specify a region"):
        aws.invoke(FUNCTION, {})


# SNS


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue that hears of the topic, which is in another region than the function."""
    with mock_aws():
        sqs, sns = (boto3.client(service, region_name="eu-central-1") for service in ("sqs", "sns"))
        url = sqs.create_queue(QueueName="ours")["QueueUrl"]
        arn = sns.create_topic(Name="troubles")["TopicArn"]
        assert arn == TOPIC
        queue_arn = "arn:aws:sqs:eu-central-1:123456789012:ours"
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
        yield url


def received(queue: str) -> list[dict[str, Any]]:
    sqs = boto3.client("sqs", region_name="eu-central-1")
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_a_message_arrives_in_the_topic_s_region(queue: str) -> None:
    aws.publish(TOPIC, subject="acme is stale", message="acme events: stale\nacme issues: stale")
    (message,) = received(queue)
    assert (message["Subject"], message["Message"]) == ("acme is stale", "acme events: stale\nacme issues: stale")


def test_a_subject_is_cut_to_what_sns_takes(queue: str) -> None:
    aws.publish(TOPIC, subject="é\n" + "a" * 200, message="m")
    (message,) = received(queue)
    assert message["Subject"] == "a" * 100


def test_a_topic_that_is_not_there_is_said(queue: str) -> None:
    with pytest.raises(AwsError, match=r"^AWS refused sns:publish: NotFound"):
        aws.publish(f"{TOPIC}-2", subject="s", message="m")


def test_an_answer_that_aws_would_not_give_is_ours_to_name(server: LocalServer) -> None:
    """A proxy's page, say: the library's own error for it went through `alert`, and in the job's stead."""
    server.replies = [reply(200, b"<html>not SNS</html", then="close")] * 3
    with pytest.raises(AwsError, match=r"^sns:publish failed: "):
        aws.publish(TOPIC, subject="x", message="y")


# The calls, and the bodies that are odd for them.
ODD: list[tuple[Callable[[], object], type[Exception], list[bytes]]] = [
    (
        lambda: get_parameter("/app/dev/token"),
        SettingsError,
        [
            *(b"", b"<html>a proxy's page</html>", b"[]", b"null", b"{}", b"[" * 100_000, b"\xff"),
            *(b'{"Parameter": null}', b'{"Parameter": []}', b'{"Parameter": {}}'),
            *(b'{"Parameter": {"Value": null}}', b'{"Parameter": {"Value": 5}}'),
        ],
    ),
    (
        lambda: aws.put_object("s3://bucket/key", b"{}", "application/json"),
        AwsError,
        [b"", b"<html>a proxy's page</html>"],
    ),
    (lambda: aws.invoke(FUNCTION, {}), AwsError, [b"", b"<html>a proxy's page</html>"]),
    (
        lambda: aws.publish(TOPIC, subject="s", message="m"),
        AwsError,
        [b"<a></a>", b"<PublishResponse><PublishResult></PublishResult></PublishResponse>"],
    ),
]


@pytest.mark.parametrize(("call", "error", "body"), [(call, error, body) for call, error, odd in ODD for body in odd])
def test_an_odd_answer_is_one_sentence(
    server: LocalServer, call: Callable[[], object], error: type[Exception], body: bytes
) -> None:
    """It was a KeyError or AttributeError, or, for a run that nobody had queued, a success."""
    server.replies = [reply(200, body, then="close")] * 3
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_an_odd_refusal_is_one_sentence(server: LocalServer) -> None:
    server.replies = [reply(400, b"[]", then="close")] * 3
    with pytest.raises(AwsError, match=r"^lambda:invoke failed: the answer is not what AWS gives"):
        aws.invoke(FUNCTION, {})


@pytest.mark.parametrize("broken", [CUT_BODY, BAD_CHUNK])
def test_an_object_that_is_cut_off_is_one_sentence(server: LocalServer, broken: Reply) -> None:
    server.replies = [broken] * 3
    with pytest.raises(AwsError, match=r"^s3:get_object failed: "):
        aws.read_object("s3://bucket/key")


def test_an_object_is_written_whole_with_its_type() -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="ours", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        for content in (b"old", b"{}"):
            aws.put_object("s3://ours/acme/latest/a.json", content, "application/json")
        answer = s3.get_object(Bucket="ours", Key="acme/latest/a.json")
        assert (answer["Body"].read(), answer["ContentType"]) == (b"{}", "application/json")


def test_a_bucket_that_is_not_there_is_said() -> None:
    with mock_aws(), pytest.raises(AwsError, match=r"^AWS refused s3:put_object: NoSuchBucket$"):
        aws.put_object("s3://nobodys/a.json", b"{}", "application/json")


def test_an_endpoint_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    with pytest.raises(SettingsError, match=r"^SSM parameter /x can't be read: Invalid endpoint: nonsense$"):
        get_parameter("/x")
