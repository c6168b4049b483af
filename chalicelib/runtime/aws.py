"""Calls to AWS: run a function, send a message to a topic, read an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import AwsError

# Without a route to AWS a call must not use up a Lambda's time: boto3's default timeouts add up to five minutes.
TIMEOUT_SECONDS = 5.0
ATTEMPTS = 2


def invoke(function_arn: str, event: Mapping[str, Any]) -> None:
    """Queue a run of a Lambda function with an event; Lambda runs it twice more when it fails.

    Raises AwsError when the run can't be queued.
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    payload = json.dumps(event).encode()
    call("lambda", "invoke", FunctionName=function_arn, InvocationType="Event", Payload=payload)


def publish(topic_arn: str, *, subject: str, message: str) -> None:
    """Send a message to the subscribers of an SNS topic; raises AwsError.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    # SNS takes subjects of at most 100 printable ASCII characters.
    plain = "".join(letter for letter in subject if letter.isascii() and letter.isprintable())[:100]
    call("sns", "publish", region=topic_arn.split(":")[3], TopicArn=topic_arn, Subject=plain, Message=message)


def read_object(url: str) -> bytes:
    """Read a whole S3 object, by its `s3://bucket/key`; raises AwsError.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    content: bytes = call("s3", "get_object", Bucket=bucket, Key=key)["Body"].read()
    return content


def call(service: str, operation: str, *, region: str | None = None, **arguments: Any) -> Any:
    """Call an operation of a service, with short timeouts; raises AwsError."""
    import boto3  # noqa: PLC0415 - the Lambda runtime brings it; nothing local needs it
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    config = Config(
        connect_timeout=TIMEOUT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"total_max_attempts": ATTEMPTS}
    )
    try:
        return getattr(boto3.client(service, region_name=region, config=config), operation)(**arguments)
    except ClientError as error:
        reason = error.response.get("Error", {}).get("Code", "unknown error")
        raise AwsError(f"AWS refused {service}:{operation}: {reason}", reason=reason) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise AwsError(f"{service}:{operation} failed: {error}", reason=str(error)) from error
