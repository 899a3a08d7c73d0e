"""The calls of AWS that every function makes, by its logical id: test_calls.py holds the functions to them.

Who adds a call changes a number here, and whoever reviews it sees it; docs/costs.py multiplies the numbers by prices.

The situation: a warm container that knows the key, the secret of the links and the lake's credentials, each for a minute,
for good and for an hour; limits of requests are on; no Idempotency-Key. `… items` counts what a batch or transaction holds.
A batch of records is the first of its dataset, which says when to compact it: the next nineteen write an item less.
"""

from __future__ import annotations

# One of every route with a key is the count of its requests: dynamodb:UpdateItem of RateLimitsTable.
CALLS: dict[str, dict[str, int]] = {
    "NotFoundFunction": {},
    "ReportRunsCreateFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:PutItem": 1,
        "dynamodb:UpdateItem": 1,
        "sqs:SendMessageBatch": 1,
        "sqs:SendMessageBatch items": 1,
    },
    "ReportRunsRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "ReportRunsListFunction": {"dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "ReportRunsCancelFunction": {"dynamodb:GetItem": 2, "dynamodb:UpdateItem": 2},
    "ReportRunsPreviewFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1, "s3:GetObject": 1},
    "ReportTypesRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "ReportTypesListFunction": {"dynamodb:BatchGetItem": 1, "dynamodb:UpdateItem": 1},
    "FilesRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "FilesListFunction": {"dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "FilesContentsFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1, "s3:GetObject": 1},
    "FileLinksCreateFunction": {
        "dynamodb:BatchGetItem": 1,
        "dynamodb:GetItem": 1,
        "dynamodb:PutItem": 1,
        "dynamodb:UpdateItem": 1,
    },
    "FileLinksRetrieveFunction": {
        "dynamodb:BatchGetItem": 1,
        "dynamodb:GetItem": 1,
        "dynamodb:UpdateItem": 1,
    },
    "FileLinksUpdateFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 2},
    "FileLinksListFunction": {"dynamodb:GetItem": 1, "dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "DatasetsListFunction": {"dynamodb:BatchGetItem": 1, "dynamodb:UpdateItem": 1},
    "DatasetsRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "DatasetsUpdateFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 2},
    "DatasetRecordsCreateFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 4,
        "dynamodb:UpdateItem": 1,
        "s3:PutObject": 1,
    },
    "DatasetRecordsDeleteFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 4,
        "dynamodb:UpdateItem": 1,
        "s3:PutObject": 1,
    },
    "DatasetUploadsCreateFunction": {"dynamodb:PutItem": 1, "dynamodb:UpdateItem": 1},
    "DatasetUploadsRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "LinksRetrieveFunction": {"dynamodb:GetItem": 2, "dynamodb:UpdateItem": 1},
    "LinksCheckFunction": {"dynamodb:GetItem": 2},
    "UnsubscribeRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:Query": 1},
    "UnsubscribeUpdateFunction": {"dynamodb:GetItem": 1, "dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "ReportConfigsCreateFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:PutItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:UpdateItem": 1,
    },
    "ReportConfigsListFunction": {"dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "ReportConfigsRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "ReportConfigsUpdateFunction": {"dynamodb:GetItem": 2, "dynamodb:PutItem": 1, "dynamodb:UpdateItem": 1},
    "ReportConfigsDeleteFunction": {"dynamodb:DeleteItem": 1, "dynamodb:UpdateItem": 1},
    "ReportConfigsUpcomingFunction": {"dynamodb:GetItem": 2, "dynamodb:UpdateItem": 1},
    "ReportConfigsSendFunction": {
        "dynamodb:GetItem": 2,
        "dynamodb:PutItem": 1,
        "dynamodb:UpdateItem": 1,
        "sqs:SendMessageBatch": 1,
        "sqs:SendMessageBatch items": 1,
    },
    "ReportConfigsDeliveriesFunction": {"dynamodb:GetItem": 1, "dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "AccountStatusFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "AccountUsageCreateFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 2,
        "dynamodb:UpdateItem": 1,
        "sqs:SendMessageBatch": 1,
        "sqs:SendMessageBatch items": 1,
    },
    "AccountUsageStatusFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "AccountUsageForecastFunction": {"dynamodb:GetItem": 2, "dynamodb:Query": 5, "dynamodb:UpdateItem": 1},
    "EventsListFunction": {"dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "EventsRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "WebhookEndpointsCreateFunction": {
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 3,
        "dynamodb:UpdateItem": 1,
    },
    "WebhookEndpointsListFunction": {"dynamodb:Query": 1, "dynamodb:UpdateItem": 1},
    "WebhookEndpointsRetrieveFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 1},
    "WebhookEndpointsUpdateFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:PutItem": 1,
        "dynamodb:UpdateItem": 1,
    },
    "WebhookEndpointsDeleteFunction": {
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 3,
        "dynamodb:UpdateItem": 1,
    },
    "WebhookEndpointsRotateSecretFunction": {"dynamodb:GetItem": 1, "dynamodb:UpdateItem": 2},
    "WebhookEndpointDeliveriesListFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:UpdateItem": 1,
    },
    "WebhookEndpointDeliveriesResendFunction": {
        "dynamodb:GetItem": 2,
        "dynamodb:UpdateItem": 2,
        "sqs:SendMessageBatch": 1,
        "sqs:SendMessageBatch items": 1,
    },
    "GenerateReportFunction": {"dynamodb:UpdateItem": 1},
    "NoteQueryEventFunction": {"dynamodb:GetItem": 1},
    "StopQueryFunction": {"athena:StopQueryExecution": 1},
    "IngestUploadFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 4,
        "dynamodb:UpdateItem": 3,
        "s3:GetObject": 1,
        "s3:PutObject": 1,
    },
    "SendEmailFunction": {"dynamodb:GetItem": 3, "dynamodb:UpdateItem": 2},
    "NoteMailEventFunction": {"dynamodb:PutItem": 1, "dynamodb:UpdateItem": 1},
    "SendWebhookFunction": {"dynamodb:BatchGetItem": 1, "dynamodb:UpdateItem": 2},
    "CompactDatasetFunction": {"dynamodb:UpdateItem": 1},
    "SweepFunction": {"dynamodb:Query": 64},
    "DispatchDueFunction": {"sqs:SendMessageBatch": 2, "sqs:SendMessageBatch items": 16},
    "DispatchShardFunction": {"dynamodb:Query": 1},
    "AnnounceFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 1,
        "events:PutEvents": 1,
        "events:PutEvents items": 1,
    },
    "AnnounceReportTypesFunction": {
        "dynamodb:BatchGetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 54,
        "events:PutEvents": 6,
        "events:PutEvents items": 54,
    },
}

# What a key that this container has not seen for a minute adds to its request; the first container to ask notes the use.
COLD_KEY = {"dynamodb:GetItem": 1}

# What an Idempotency-Key adds to a POST, and all that a repetition of it comes to.
IDEMPOTENCY: dict[str, dict[str, int]] = {
    "first": {"dynamodb:PutItem": 1, "dynamodb:UpdateItem": 1},
    "again": {"dynamodb:PutItem": 1, "dynamodb:UpdateItem": 1},
}

# Of the workers above, the sample event finds nothing left to do. This is a scheduled report from its slot to its mail: one
# config, one recipient, one file of records, a new result.
AT_WORK: dict[str, dict[str, int]] = {
    "DispatchShardFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 2,
        "sqs:SendMessageBatch": 1,
        "sqs:SendMessageBatch items": 1,
    },
    "GenerateReportFunction": {
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 3,
        "dynamodb:UpdateItem": 4,
        "s3:PutObject": 2,
        "s3 by duckdb:HEAD": 1,
        "s3 by duckdb:GET": 1,
    },
    "AnnounceFunction": {
        "dynamodb:GetItem": 3,
        "dynamodb:PutItem": 1,
        "dynamodb:Query": 2,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 1,
        "events:PutEvents": 1,
        "events:PutEvents items": 1,
        "sqs:SendMessageBatch": 1,
        "sqs:SendMessageBatch items": 1,
    },
    "SendEmailFunction": {
        "dynamodb:GetItem": 3,
        "dynamodb:PutItem": 1,
        "dynamodb:UpdateItem": 6,
        "s3:GetObject": 1,
        "sesv2:SendEmail": 1,
    },
    # Of twenty small files that were never compacted, as one.
    "CompactDatasetFunction": {
        "dynamodb:PutItem": 1,
        "dynamodb:Query": 5,
        "dynamodb:TransactWriteItems": 3,
        "dynamodb:TransactWriteItems items": 29,
        "dynamodb:UpdateItem": 1,
        "s3:PutObject": 1,
        "s3 by duckdb:HEAD": 79,
        "s3 by duckdb:GET": 79,
    },
}

# A run that goes to Athena, over one file: a worker starts its query, the event of its end queues it again, and a worker
# makes the result the run's. What Athena itself asks of S3 and Glue is in its price.
ON_ATHENA: dict[str, dict[str, int]] = {
    "GenerateReportFunction, begin": {
        "athena:StartQueryExecution": 1,
        "dynamodb:GetItem": 2,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 2,
        "dynamodb:UpdateItem": 3,
    },
    "NoteQueryEventFunction": {
        "athena:GetQueryExecution": 1,
        "dynamodb:GetItem": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 2,
        "sqs:SendMessage": 1,
    },
    "GenerateReportFunction, finish": {
        "athena:GetQueryExecution": 1,
        "dynamodb:GetItem": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 3,
        "dynamodb:UpdateItem": 4,
        "s3:DeleteObjects": 1,
        "s3:GetObject": 1,
        "s3:PutObject": 2,
    },
}

# A run whose parts are kept: of 13 MB in five parts, and again with a new record behind the last. What is copied is one
# part of the upload; the list of parts and the first 5 MiB are read.
KEPT_PARTS: dict[str, dict[str, int]] = {
    "first": {
        "dynamodb:GetItem": 2,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 4,
        "dynamodb:UpdateItem": 9,
        "s3:CreateMultipartUpload": 1,
        "s3:UploadPart": 2,
        "s3:CompleteMultipartUpload": 1,
        "s3:PutObject": 2,
    },
    "again": {
        "dynamodb:GetItem": 2,
        "dynamodb:Query": 1,
        "dynamodb:TransactWriteItems": 1,
        "dynamodb:TransactWriteItems items": 4,
        "dynamodb:UpdateItem": 4,
        "s3:GetObject": 2,
        "s3:CreateMultipartUpload": 1,
        "s3:UploadPart": 2,
        "s3:UploadPartCopy": 1,
        "s3:CompleteMultipartUpload": 1,
        "s3:PutObject": 2,
    },
}

# What DuckDB asks of S3 for a run that reads so many small files of one dataset, none of them compacted.
DUCKDB_BY_FILES: dict[int, dict[str, int]] = {
    1: {"s3 by duckdb:HEAD": 1, "s3 by duckdb:GET": 1},
    4: {"s3 by duckdb:HEAD": 4, "s3 by duckdb:GET": 4},
}
