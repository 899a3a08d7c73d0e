WITH "customers_recent" AS (
  SELECT
    "id",
    "remote_id",
    "name",
    "account_number",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 37)) AS "file_index"
  FROM "customers"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/customers/org_1/live/dsf_2.parquet')
), "customers_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "customers_recent"
  GROUP BY
    "id"
), "customers_records" AS (
  SELECT
    "base"."id",
    "base"."remote_id",
    "base"."name",
    "base"."account_number"
  FROM "customers" AS "base"
  LEFT JOIN "customers_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/customers/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."remote_id",
    "recent"."name",
    "recent"."account_number"
  FROM "customers_recent" AS "recent"
  JOIN "customers_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "invoices_recent" AS (
  SELECT
    "id",
    "customer_id",
    "remote_id",
    "number",
    "issue_date",
    "due_date",
    "currency",
    "total_amount",
    "voided_at",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 36)) AS "file_index"
  FROM "invoices"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/invoices/org_1/live/dsf_2.parquet')
), "invoices_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "invoices_recent"
  GROUP BY
    "id"
), "invoices_records" AS (
  SELECT
    "base"."id",
    "base"."customer_id",
    "base"."remote_id",
    "base"."number",
    "base"."issue_date",
    "base"."due_date",
    "base"."currency",
    "base"."total_amount",
    "base"."voided_at"
  FROM "invoices" AS "base"
  LEFT JOIN "invoices_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/invoices/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."customer_id",
    "recent"."remote_id",
    "recent"."number",
    "recent"."issue_date",
    "recent"."due_date",
    "recent"."currency",
    "recent"."total_amount",
    "recent"."voided_at"
  FROM "invoices_recent" AS "recent"
  JOIN "invoices_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "payments_recent" AS (
  SELECT
    "id",
    "paid_at",
    "customer_id",
    "remote_id",
    "reference_number",
    "currency",
    "amount",
    "amount_refunded",
    "refunded_at",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 36)) AS "file_index"
  FROM "payments"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/payments/org_1/live/dsf_2.parquet')
), "payments_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "payments_recent"
  GROUP BY
    "id"
), "payments_records" AS (
  SELECT
    "base"."id",
    "base"."paid_at",
    "base"."customer_id",
    "base"."remote_id",
    "base"."reference_number",
    "base"."currency",
    "base"."amount",
    "base"."amount_refunded",
    "base"."refunded_at"
  FROM "payments" AS "base"
  LEFT JOIN "payments_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/payments/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."paid_at",
    "recent"."customer_id",
    "recent"."remote_id",
    "recent"."reference_number",
    "recent"."currency",
    "recent"."amount",
    "recent"."amount_refunded",
    "recent"."refunded_at"
  FROM "payments_recent" AS "recent"
  JOIN "payments_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "payment_allocations_recent" AS (
  SELECT
    "id",
    "allocated_at",
    "payment_id",
    "invoice_id",
    "amount",
    "approved",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 47)) AS "file_index"
  FROM "payment_allocations"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/payment_allocations/org_1/live/dsf_2.parquet')
), "payment_allocations_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "payment_allocations_recent"
  GROUP BY
    "id"
), "payment_allocations_records" AS (
  SELECT
    "base"."id",
    "base"."allocated_at",
    "base"."payment_id",
    "base"."invoice_id",
    "base"."amount",
    "base"."approved"
  FROM "payment_allocations" AS "base"
  LEFT JOIN "payment_allocations_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/payment_allocations/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."allocated_at",
    "recent"."payment_id",
    "recent"."invoice_id",
    "recent"."amount",
    "recent"."approved"
  FROM "payment_allocations_recent" AS "recent"
  JOIN "payment_allocations_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "credit_memos_recent" AS (
  SELECT
    "id",
    "customer_id",
    "remote_id",
    "number",
    "issue_date",
    "currency",
    "total_amount",
    "voided_at",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 40)) AS "file_index"
  FROM "credit_memos"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/credit_memos/org_1/live/dsf_2.parquet')
), "credit_memos_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "credit_memos_recent"
  GROUP BY
    "id"
), "credit_memos_records" AS (
  SELECT
    "base"."id",
    "base"."customer_id",
    "base"."remote_id",
    "base"."number",
    "base"."issue_date",
    "base"."currency",
    "base"."total_amount",
    "base"."voided_at"
  FROM "credit_memos" AS "base"
  LEFT JOIN "credit_memos_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/credit_memos/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."customer_id",
    "recent"."remote_id",
    "recent"."number",
    "recent"."issue_date",
    "recent"."currency",
    "recent"."total_amount",
    "recent"."voided_at"
  FROM "credit_memos_recent" AS "recent"
  JOIN "credit_memos_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "credit_memo_allocations_recent" AS (
  SELECT
    "id",
    "allocated_at",
    "credit_memo_id",
    "invoice_id",
    "amount",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 51)) AS "file_index"
  FROM "credit_memo_allocations"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/credit_memo_allocations/org_1/live/dsf_2.parquet')
), "credit_memo_allocations_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "credit_memo_allocations_recent"
  GROUP BY
    "id"
), "credit_memo_allocations_records" AS (
  SELECT
    "base"."id",
    "base"."allocated_at",
    "base"."credit_memo_id",
    "base"."invoice_id",
    "base"."amount"
  FROM "credit_memo_allocations" AS "base"
  LEFT JOIN "credit_memo_allocations_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/credit_memo_allocations/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."allocated_at",
    "recent"."credit_memo_id",
    "recent"."invoice_id",
    "recent"."amount"
  FROM "credit_memo_allocations_recent" AS "recent"
  JOIN "credit_memo_allocations_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "report" AS (
  WITH "issued" AS (
    SELECT
      "invoices"."id" AS "id",
      "invoices"."customer_id" AS "customer_id",
      "invoices"."remote_id" AS "remote_id",
      "invoices"."number" AS "number",
      "invoices"."issue_date" AS "issue_date",
      "invoices"."due_date" AS "due_date",
      "invoices"."currency" AS "currency",
      "invoices"."total_amount" AS "total_amount"
    FROM "invoices_records" AS "invoices"
    WHERE
      "invoices"."issue_date" <= CAST('2026-01-31' AS DATE)
      AND (
        "invoices"."voided_at" IS NULL
        OR "invoices"."voided_at" >= CAST('2026-02-01 00:00:00' AS TIMESTAMP)
      )
  ), "credits" AS (
    SELECT
      'payment' AS "document_type",
      "payments"."id" AS "id",
      "payments"."customer_id" AS "customer_id",
      "payments"."remote_id" AS "remote_id",
      "payments"."reference_number" AS "number",
      CAST(NULL AS DATE) AS "issue_date",
      "payments"."paid_at" AS "paid_at",
      "payments"."currency" AS "currency",
      "payments"."amount" AS "total_amount",
      CASE
        WHEN COALESCE("payments"."refunded_at", "payments"."paid_at") < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
        THEN COALESCE("payments"."amount_refunded", 0)
        ELSE 0
      END AS "refunded"
    FROM "payments_records" AS "payments"
    WHERE
      "payments"."paid_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    UNION ALL
    SELECT
      'credit_memo' AS "credit_memo",
      "credit_memos"."id" AS "id",
      "credit_memos"."customer_id" AS "customer_id",
      "credit_memos"."remote_id" AS "remote_id",
      "credit_memos"."number" AS "number",
      "credit_memos"."issue_date" AS "issue_date",
      NULL AS "_col_6",
      "credit_memos"."currency" AS "currency",
      "credit_memos"."total_amount" AS "total_amount",
      0 AS "0"
    FROM "credit_memos_records" AS "credit_memos"
    WHERE
      "credit_memos"."issue_date" <= CAST('2026-01-31' AS DATE)
      AND (
        "credit_memos"."voided_at" IS NULL
        OR "credit_memos"."voided_at" >= CAST('2026-02-01 00:00:00' AS TIMESTAMP)
      )
  ), "allocations" AS (
    SELECT
      'payment' AS "document_type",
      "payment_allocations"."payment_id" AS "credit_id",
      "payment_allocations"."invoice_id" AS "invoice_id",
      "payment_allocations"."amount" AS "amount"
    FROM "payment_allocations_records" AS "payment_allocations"
    WHERE
      "payment_allocations"."allocated_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
      AND COALESCE("payment_allocations"."approved" <> FALSE, TRUE)
    UNION ALL
    SELECT
      'credit_memo' AS "credit_memo",
      "credit_memo_allocations"."credit_memo_id" AS "credit_memo_id",
      "credit_memo_allocations"."invoice_id" AS "invoice_id",
      "credit_memo_allocations"."amount" AS "amount"
    FROM "credit_memo_allocations_records" AS "credit_memo_allocations"
    WHERE
      "credit_memo_allocations"."allocated_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
  ), "settlements" AS (
    SELECT
      "credits"."document_type" AS "document_type",
      "credits"."id" AS "credit_id",
      "issued"."id" AS "invoice_id",
      "allocations"."amount" AS "amount"
    FROM "allocations" AS "allocations"
    JOIN "credits" AS "credits"
      ON "credits"."id" = "allocations"."credit_id"
      AND "credits"."document_type" = "allocations"."document_type"
    JOIN "issued" AS "issued"
      ON "issued"."id" = "allocations"."invoice_id"
      AND "issued"."currency" = "credits"."currency"
  ), "settled" AS (
    SELECT
      "settlements"."invoice_id" AS "invoice_id",
      SUM(CAST("settlements"."amount" AS DECIMAL(38, 0))) AS "amount"
    FROM "settlements" AS "settlements"
    GROUP BY
      "settlements"."invoice_id"
  ), "used" AS (
    SELECT
      "settlements"."document_type" AS "document_type",
      "settlements"."credit_id" AS "credit_id",
      SUM(CAST("settlements"."amount" AS DECIMAL(38, 0))) AS "amount"
    FROM "settlements" AS "settlements"
    GROUP BY
      "settlements"."document_type",
      "settlements"."credit_id"
  ), "open_documents" AS (
    SELECT
      'invoice' AS "document_type",
      "issued"."id" AS "id",
      "issued"."customer_id" AS "customer_id",
      "issued"."remote_id" AS "remote_id",
      "issued"."number" AS "number",
      "issued"."issue_date" AS "issue_date",
      "issued"."due_date" AS "due_date",
      COALESCE("issued"."due_date", "issued"."issue_date") AS "aged_from",
      "issued"."due_date" IS NULL AS "due_date_missing",
      "issued"."currency" AS "currency",
      "issued"."total_amount" AS "total_amount",
      COALESCE("settled"."amount", 0) AS "amount_paid"
    FROM "issued" AS "issued"
    LEFT JOIN "settled" AS "settled"
      ON "settled"."invoice_id" = "issued"."id"
    WHERE
      "issued"."total_amount" <> COALESCE("settled"."amount", 0)
    UNION ALL
    SELECT
      "credits"."document_type" AS "document_type",
      "credits"."id" AS "id",
      "credits"."customer_id" AS "customer_id",
      "credits"."remote_id" AS "remote_id",
      "credits"."number" AS "number",
      COALESCE("credits"."issue_date", CAST("credits"."paid_at" AS DATE)) AS "_col_5",
      NULL AS "_col_6",
      COALESCE("credits"."issue_date", CAST("credits"."paid_at" AS DATE)) AS "_col_7",
      FALSE AS "_col_8",
      "credits"."currency" AS "currency",
      -"credits"."total_amount" AS "_col_10",
      -(
        "credits"."refunded" + COALESCE("used"."amount", 0)
      ) AS "_col_11"
    FROM "credits" AS "credits"
    LEFT JOIN "used" AS "used"
      ON "used"."credit_id" = "credits"."id"
      AND "used"."document_type" = "credits"."document_type"
    WHERE
      "credits"."total_amount" <> "credits"."refunded" + COALESCE("used"."amount", 0)
  ), "aged" AS (
    SELECT
      "open_documents"."document_type" AS "document_type",
      "open_documents"."id" AS "id",
      "open_documents"."customer_id" AS "customer_id",
      "open_documents"."remote_id" AS "remote_id",
      "open_documents"."number" AS "number",
      "open_documents"."issue_date" AS "issue_date",
      "open_documents"."due_date" AS "due_date",
      "open_documents"."due_date_missing" AS "due_date_missing",
      "open_documents"."currency" AS "currency",
      "open_documents"."total_amount" AS "total_amount",
      "open_documents"."amount_paid" AS "amount_paid",
      "open_documents"."total_amount" - "open_documents"."amount_paid" AS "amount_due",
      COALESCE(
        GREATEST(DATE_DIFF('DAY', "open_documents"."aged_from", CAST('2026-01-31' AS DATE)), 0),
        DATE_DIFF('DAY', "open_documents"."aged_from", CAST('2026-01-31' AS DATE)),
        0
      ) AS "days_past_due"
    FROM "open_documents" AS "open_documents"
  ), "bucketed" AS (
    SELECT
      "aged"."document_type" AS "document_type",
      "aged"."id" AS "id",
      "aged"."customer_id" AS "customer_id",
      "aged"."remote_id" AS "remote_id",
      "aged"."number" AS "number",
      "aged"."issue_date" AS "issue_date",
      "aged"."due_date" AS "due_date",
      "aged"."due_date_missing" AS "due_date_missing",
      "aged"."currency" AS "currency",
      "aged"."total_amount" AS "total_amount",
      "aged"."amount_paid" AS "amount_paid",
      "aged"."amount_due" AS "amount_due",
      "aged"."days_past_due" AS "days_past_due",
      CASE
        WHEN "aged"."days_past_due" = 0
        THEN 'current'
        WHEN "aged"."days_past_due" <= 30
        THEN 'days_1_30'
        WHEN "aged"."days_past_due" <= 60
        THEN 'days_31_60'
        WHEN "aged"."days_past_due" <= 90
        THEN 'days_61_90'
        ELSE 'days_91_plus'
      END AS "bucket"
    FROM "aged" AS "aged"
  )
  SELECT
    CAST('2026-01-31' AS DATE) AS "as_of_date",
    "bucketed"."customer_id" AS "customer_id",
    "customers"."name" AS "customer_name",
    "customers"."account_number" AS "account_number",
    "bucketed"."document_type" AS "document_type",
    "bucketed"."id" AS "document_id",
    "bucketed"."number" AS "document_number",
    "bucketed"."remote_id" AS "remote_id",
    "bucketed"."issue_date" AS "issue_date",
    "bucketed"."due_date" AS "due_date",
    "bucketed"."days_past_due" AS "days_past_due",
    "bucketed"."bucket" AS "bucket",
    "bucketed"."currency" AS "currency",
    CAST(ROW(CAST("bucketed"."total_amount" AS DECIMAL(38, 0)), "bucketed"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "total_amount",
    CAST(ROW(CAST("bucketed"."amount_paid" AS DECIMAL(38, 0)), "bucketed"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "amount_paid",
    CAST(ROW(CAST("bucketed"."amount_due" AS DECIMAL(38, 0)), "bucketed"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "amount_due",
    CAST(ROW(
      CAST(CASE WHEN "bucketed"."bucket" = 'current' THEN "bucketed"."amount_due" ELSE 0 END AS DECIMAL(38, 0)),
      "bucketed"."currency"
    ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "current",
    CAST(ROW(
      CAST(CASE WHEN "bucketed"."bucket" = 'days_1_30' THEN "bucketed"."amount_due" ELSE 0 END AS DECIMAL(38, 0)),
      "bucketed"."currency"
    ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_1_30",
    CAST(ROW(
      CAST(CASE WHEN "bucketed"."bucket" = 'days_31_60' THEN "bucketed"."amount_due" ELSE 0 END AS DECIMAL(38, 0)),
      "bucketed"."currency"
    ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_31_60",
    CAST(ROW(
      CAST(CASE WHEN "bucketed"."bucket" = 'days_61_90' THEN "bucketed"."amount_due" ELSE 0 END AS DECIMAL(38, 0)),
      "bucketed"."currency"
    ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_61_90",
    CAST(ROW(
      CAST(CASE
        WHEN "bucketed"."bucket" = 'days_91_plus'
        THEN "bucketed"."amount_due"
        ELSE 0
      END AS DECIMAL(38, 0)),
      "bucketed"."currency"
    ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_91_plus",
    "bucketed"."due_date_missing" AS "due_date_missing"
  FROM "bucketed" AS "bucketed"
  LEFT JOIN "customers_records" AS "customers"
    ON "customers"."id" = "bucketed"."customer_id"
)
SELECT
  "c0",
  "c1",
  "c2",
  "c3",
  "c4",
  "c5",
  "c6",
  "c7",
  "c8",
  "c9",
  "c10",
  "c11",
  "c12",
  "c13",
  "c14",
  "c15",
  "c16",
  "c17",
  "c18",
  "c19",
  "c20",
  "c21"
FROM (
  SELECT
    0 AS "part",
    "k0",
    "k1",
    "k2",
    "k3",
    "k4",
    "k5",
    CAST("v0" AS VARCHAR) AS "c0",
    CASE
      WHEN "v1" = ''
      THEN NULL
      WHEN SUBSTR("v1", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v1"
      ELSE "v1"
    END AS "c1",
    CASE
      WHEN "v2" = ''
      THEN NULL
      WHEN SUBSTR("v2", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v2"
      ELSE "v2"
    END AS "c2",
    CASE
      WHEN "v3" = ''
      THEN NULL
      WHEN SUBSTR("v3", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v3"
      ELSE "v3"
    END AS "c3",
    CASE
      WHEN "v4" = ''
      THEN NULL
      WHEN SUBSTR("v4", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v4"
      ELSE "v4"
    END AS "c4",
    CASE
      WHEN "v5" = ''
      THEN NULL
      WHEN SUBSTR("v5", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v5"
      ELSE "v5"
    END AS "c5",
    CASE
      WHEN "v6" = ''
      THEN NULL
      WHEN SUBSTR("v6", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v6"
      ELSE "v6"
    END AS "c6",
    CASE
      WHEN "v7" = ''
      THEN NULL
      WHEN SUBSTR("v7", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v7"
      ELSE "v7"
    END AS "c7",
    CAST("v8" AS VARCHAR) AS "c8",
    CAST("v9" AS VARCHAR) AS "c9",
    CAST("v10" AS VARCHAR) AS "c10",
    CASE
      WHEN "v11" = ''
      THEN NULL
      WHEN SUBSTR("v11", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v11"
      ELSE "v11"
    END AS "c11",
    CASE
      WHEN "v12" = ''
      THEN NULL
      WHEN SUBSTR("v12", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v12"
      ELSE "v12"
    END AS "c12",
    CASE
      WHEN "v13"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v13"."minor" AS VARCHAR)
      WHEN "v13"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v13"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v13"."currency" IN ('clf', 'uyw')
      THEN CAST("v13"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v13"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c13",
    CASE
      WHEN "v14"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v14"."minor" AS VARCHAR)
      WHEN "v14"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v14"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v14"."currency" IN ('clf', 'uyw')
      THEN CAST("v14"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v14"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c14",
    CASE
      WHEN "v15"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v15"."minor" AS VARCHAR)
      WHEN "v15"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v15"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v15"."currency" IN ('clf', 'uyw')
      THEN CAST("v15"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v15"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c15",
    CASE
      WHEN "v16"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v16"."minor" AS VARCHAR)
      WHEN "v16"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v16"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v16"."currency" IN ('clf', 'uyw')
      THEN CAST("v16"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v16"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c16",
    CASE
      WHEN "v17"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v17"."minor" AS VARCHAR)
      WHEN "v17"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v17"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v17"."currency" IN ('clf', 'uyw')
      THEN CAST("v17"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v17"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c17",
    CASE
      WHEN "v18"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v18"."minor" AS VARCHAR)
      WHEN "v18"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v18"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v18"."currency" IN ('clf', 'uyw')
      THEN CAST("v18"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v18"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c18",
    CASE
      WHEN "v19"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v19"."minor" AS VARCHAR)
      WHEN "v19"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v19"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v19"."currency" IN ('clf', 'uyw')
      THEN CAST("v19"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v19"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c19",
    CASE
      WHEN "v20"."currency" IN (
        'bif',
        'clp',
        'djf',
        'gnf',
        'isk',
        'jpy',
        'kmf',
        'krw',
        'pyg',
        'rwf',
        'ugx',
        'uyi',
        'vnd',
        'vuv',
        'xaf',
        'xof',
        'xpf',
        'byr'
      )
      THEN CAST("v20"."minor" AS VARCHAR)
      WHEN "v20"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v20"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v20"."currency" IN ('clf', 'uyw')
      THEN CAST("v20"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v20"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c20",
    CAST("v21" AS VARCHAR) AS "c21"
  FROM (
    SELECT
      "report"."as_of_date" AS "v0",
      "report"."customer_id" AS "v1",
      "report"."customer_name" AS "v2",
      "report"."account_number" AS "v3",
      "report"."document_type" AS "v4",
      "report"."document_id" AS "v5",
      "report"."document_number" AS "v6",
      "report"."remote_id" AS "v7",
      "report"."issue_date" AS "v8",
      "report"."due_date" AS "v9",
      "report"."days_past_due" AS "v10",
      "report"."bucket" AS "v11",
      "report"."currency" AS "v12",
      "report"."total_amount" AS "v13",
      "report"."amount_paid" AS "v14",
      "report"."amount_due" AS "v15",
      "report"."current" AS "v16",
      "report"."days_1_30" AS "v17",
      "report"."days_31_60" AS "v18",
      "report"."days_61_90" AS "v19",
      "report"."days_91_plus" AS "v20",
      "report"."due_date_missing" AS "v21",
      "customer_name" AS "k0",
      "customer_id" AS "k1",
      "currency" AS "k2",
      COALESCE("due_date", "issue_date") AS "k3",
      "document_type" AS "k4",
      "document_id" AS "k5"
    FROM "report"
  ) AS "typed"
  UNION ALL
  SELECT
    1,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    "totals",
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL
  FROM (
    SELECT
      JSON_FORMAT(
        CAST(ARRAY_AGG(
          ARRAY[CAST("n" AS VARCHAR), 'total_amount', "q0", CAST("s0" AS VARCHAR), 'amount_paid', "q1", CAST("s1" AS VARCHAR), 'amount_due', "q2", CAST("s2" AS VARCHAR), 'current', "q3", CAST("s3" AS VARCHAR), 'days_1_30', "q4", CAST("s4" AS VARCHAR), 'days_31_60', "q5", CAST("s5" AS VARCHAR), 'days_61_90', "q6", CAST("s6" AS VARCHAR), 'days_91_plus', "q7", CAST("s7" AS VARCHAR)]
        ) AS JSON)
      ) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n",
        "total_amount"."currency" AS "q0",
        SUM("total_amount"."minor") AS "s0",
        "amount_paid"."currency" AS "q1",
        SUM("amount_paid"."minor") AS "s1",
        "amount_due"."currency" AS "q2",
        SUM("amount_due"."minor") AS "s2",
        "current"."currency" AS "q3",
        SUM("current"."minor") AS "s3",
        "days_1_30"."currency" AS "q4",
        SUM("days_1_30"."minor") AS "s4",
        "days_31_60"."currency" AS "q5",
        SUM("days_31_60"."minor") AS "s5",
        "days_61_90"."currency" AS "q6",
        SUM("days_61_90"."minor") AS "s6",
        "days_91_plus"."currency" AS "q7",
        SUM("days_91_plus"."minor") AS "s7"
      FROM "report"
      GROUP BY
        "total_amount"."currency",
        "amount_paid"."currency",
        "amount_due"."currency",
        "current"."currency",
        "days_1_30"."currency",
        "days_31_60"."currency",
        "days_61_90"."currency",
        "days_91_plus"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1",
  "k2",
  "k3",
  "k4",
  "k5"
