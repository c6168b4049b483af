"""Calls to AWS: run a function, send a message to a topic, read and write an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import AwsError

# Without a route to AWS a call must not use up a Lambda's time: boto3's default timeouts add up to five minutes.
TIMEOUT_SECONDS = 5.0
ATTEMPTS = 2
ODD = "the answer is not what AWS gives: does a proxy answer in its place?"
QUEUED = 202


def invoke(function_arn: str, event: Mapping[str, Any]) -> None:
    """Queue a run of a Lambda function with an event; Lambda runs it twice more when it fails.

    Raises AwsError when the run can't be queued.
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    payload = json.dumps(event).encode()
    answer = call("lambda", "invoke", FunctionName=function_arn, InvocationType="Event", Payload=payload)
    if answer.get("StatusCode") != QUEUED:
        raise _failure("lambda", "invoke", ODD)


def publish(topic_arn: str, *, subject: str, message: str) -> None:
    """Send a message to the subscribers of an SNS topic; raises AwsError.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    # SNS takes subjects of at most 100 printable ASCII characters.
    plain = "".join(letter for letter in subject if letter.isascii() and letter.isprintable())[:100]
    region = topic_arn.split(":")[3]
    answer = call("sns", "publish", region=region, TopicArn=topic_arn, Subject=plain, Message=message)
    if not answer.get("MessageId"):
        raise _failure("sns", "publish", ODD)


def read_object(url: str) -> bytes:
    """Read a whole S3 object, by its `s3://bucket/key`; raises AwsError.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - the Lambda runtime brings it

    answer = call("s3", "get_object", **_place_of(url))
    try:
        content: bytes = answer["Body"].read()
    except BotoCoreError as error:
        raise _failure("s3", "get_object", str(error)) from error
    return content


def put_object(url: str, content: bytes, content_type: str) -> None:
    """Write a whole S3 object, by its `s3://bucket/key`; raises AwsError. Readers see the old one until it is whole.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    """
    answer = call("s3", "put_object", **_place_of(url), Body=content, ContentType=content_type)
    if not answer.get("ETag"):
        raise _failure("s3", "put_object", ODD)


def _place_of(url: str) -> dict[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def call(service: str, operation: str, *, region: str | None = None, **arguments: Any) -> dict[str, Any]:
    """Call an operation of a service, with short timeouts; raises AwsError."""
    import boto3  # noqa: PLC0415 - the Lambda runtime brings it; nothing local needs it
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    config = Config(
        connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"total_max_attempts": ATTEMPTS}
    )
    try:
        client = boto3.client(service, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:  # such as a malformed AWS_ENDPOINT_URL
        raise _failure(service, operation, str(error)) from error
    try:
        answer: dict[str, Any] = getattr(client, operation)(**arguments)
    except ClientError as error:
        reason = error.response.get("Error", {}).get("Code", "unknown error")
        raise AwsError(f"AWS refused {service}:{operation}: {reason}", reason=reason) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise _failure(service, operation, str(error)) from error
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError):
        # boto3 takes an answer apart without checking it. Not chained: the error may quote a secret in it.
        raise _failure(service, operation, ODD) from None
    return answer


def _failure(service: str, operation: str, words: str) -> AwsError:
    """Put what went wrong on one line."""
    reason = " ".join(words.split())
    return AwsError(f"{service}:{operation} failed: {reason}", reason=reason)
