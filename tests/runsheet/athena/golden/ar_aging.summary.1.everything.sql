-- ? = 'usd'
-- ? = 'usd'
-- ? = 'usd'
WITH "customers_recent" AS (
  SELECT
    "id",
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
      "invoices"."issue_date" AS "issue_date",
      "invoices"."due_date" AS "due_date",
      "invoices"."currency" AS "currency",
      "invoices"."total_amount" AS "total_amount"
    FROM "invoices_records" AS "invoices"
    WHERE
      "invoices"."issue_date" <= CAST('2026-01-31' AS DATE)
      AND (
        "invoices"."voided_at" IS NULL
        OR "invoices"."voided_at" >= CAST('2026-01-31 18:15:00' AS TIMESTAMP)
      )
      AND (
        "invoices"."currency" = ?
      )
  ), "credits" AS (
    SELECT
      'payment' AS "document_type",
      "payments"."id" AS "id",
      "payments"."customer_id" AS "customer_id",
      CAST(NULL AS DATE) AS "issue_date",
      "payments"."paid_at" AS "paid_at",
      "payments"."currency" AS "currency",
      "payments"."amount" AS "total_amount",
      CASE
        WHEN COALESCE("payments"."refunded_at", "payments"."paid_at") < CAST('2026-01-31 18:15:00' AS TIMESTAMP)
        THEN COALESCE("payments"."amount_refunded", 0)
        ELSE 0
      END AS "refunded"
    FROM "payments_records" AS "payments"
    WHERE
      "payments"."paid_at" < CAST('2026-01-31 18:15:00' AS TIMESTAMP)
      AND (
        "payments"."currency" = ?
      )
    UNION ALL
    SELECT
      'credit_memo' AS "credit_memo",
      "credit_memos"."id" AS "id",
      "credit_memos"."customer_id" AS "customer_id",
      "credit_memos"."issue_date" AS "issue_date",
      NULL AS "_col_4",
      "credit_memos"."currency" AS "currency",
      "credit_memos"."total_amount" AS "total_amount",
      0 AS "0"
    FROM "credit_memos_records" AS "credit_memos"
    WHERE
      "credit_memos"."issue_date" <= CAST('2026-01-31' AS DATE)
      AND (
        "credit_memos"."voided_at" IS NULL
        OR "credit_memos"."voided_at" >= CAST('2026-01-31 18:15:00' AS TIMESTAMP)
      )
      AND (
        "credit_memos"."currency" = ?
      )
  ), "allocations" AS (
    SELECT
      'payment' AS "document_type",
      "payment_allocations"."payment_id" AS "credit_id",
      "payment_allocations"."invoice_id" AS "invoice_id",
      "payment_allocations"."amount" AS "amount"
    FROM "payment_allocations_records" AS "payment_allocations"
    WHERE
      "payment_allocations"."allocated_at" < CAST('2026-01-31 18:15:00' AS TIMESTAMP)
      AND COALESCE("payment_allocations"."approved" <> FALSE, TRUE)
    UNION ALL
    SELECT
      'credit_memo' AS "credit_memo",
      "credit_memo_allocations"."credit_memo_id" AS "credit_memo_id",
      "credit_memo_allocations"."invoice_id" AS "invoice_id",
      "credit_memo_allocations"."amount" AS "amount"
    FROM "credit_memo_allocations_records" AS "credit_memo_allocations"
    WHERE
      "credit_memo_allocations"."allocated_at" < CAST('2026-01-31 18:15:00' AS TIMESTAMP)
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
      "issued"."customer_id" AS "customer_id",
      "issued"."currency" AS "currency",
      COALESCE("issued"."due_date", "issued"."issue_date") AS "aged_from",
      "issued"."total_amount" - COALESCE("settled"."amount", 0) AS "amount_due"
    FROM "issued" AS "issued"
    LEFT JOIN "settled" AS "settled"
      ON "settled"."invoice_id" = "issued"."id"
    WHERE
      "issued"."total_amount" <> COALESCE("settled"."amount", 0)
    UNION ALL
    SELECT
      "credits"."document_type" AS "document_type",
      "credits"."customer_id" AS "customer_id",
      "credits"."currency" AS "currency",
      COALESCE(
        "credits"."issue_date",
        CAST((
          DATE_ADD(
            'second',
            ARRAY[19800, 20700][1 + CARDINALITY(FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("credits"."paid_at") >= "start"))],
            (
              "credits"."paid_at"
            )
          )
        ) AS DATE)
      ) AS "_col_3",
      "credits"."refunded" + COALESCE("used"."amount", 0) - "credits"."total_amount" AS "_col_4"
    FROM "credits" AS "credits"
    LEFT JOIN "used" AS "used"
      ON "used"."credit_id" = "credits"."id"
      AND "used"."document_type" = "credits"."document_type"
    WHERE
      "credits"."total_amount" <> "credits"."refunded" + COALESCE("used"."amount", 0)
  ), "aged" AS (
    SELECT
      "open_documents"."document_type" AS "document_type",
      "open_documents"."customer_id" AS "customer_id",
      "open_documents"."currency" AS "currency",
      "open_documents"."amount_due" AS "amount_due",
      COALESCE(
        GREATEST(DATE_DIFF('DAY', "open_documents"."aged_from", CAST('2026-01-31' AS DATE)), 0),
        DATE_DIFF('DAY', "open_documents"."aged_from", CAST('2026-01-31' AS DATE)),
        0
      ) AS "days_past_due"
    FROM "open_documents" AS "open_documents"
  ), "sums" AS (
    SELECT
      "aged"."customer_id" AS "customer_id",
      "aged"."currency" AS "currency",
      GROUPING("aged"."customer_id") = 1 AS "is_total",
      COUNT(*) FILTER(WHERE
        "aged"."document_type" = 'invoice') AS "num_open_invoices",
      COALESCE(
        SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) FILTER(WHERE
          "aged"."days_past_due" = 0),
        0
      ) AS "current",
      COALESCE(
        SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) FILTER(WHERE
          "aged"."days_past_due" BETWEEN 1 AND 30),
        0
      ) AS "days_1_30",
      COALESCE(
        SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) FILTER(WHERE
          "aged"."days_past_due" BETWEEN 31 AND 60),
        0
      ) AS "days_31_60",
      COALESCE(
        SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) FILTER(WHERE
          "aged"."days_past_due" BETWEEN 61 AND 90),
        0
      ) AS "days_61_90",
      COALESCE(
        SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) FILTER(WHERE
          "aged"."days_past_due" > 90),
        0
      ) AS "days_91_plus",
      SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) AS "total",
      COALESCE(
        SUM(CAST("aged"."amount_due" AS DECIMAL(38, 0))) FILTER(WHERE
          "aged"."document_type" <> 'invoice'),
        0
      ) AS "unapplied_credits"
    FROM "aged" AS "aged"
    GROUP BY
      GROUPING SETS (
        ("aged"."customer_id", "aged"."currency"),
        (
          "aged"."currency"
        )
      )
  )
  SELECT
    CAST('2026-01-31' AS DATE) AS "as_of_date",
    CASE WHEN "sums"."is_total" THEN 'total' ELSE 'customer' END AS "row_type",
    "sums"."customer_id" AS "customer_id",
    CASE WHEN "sums"."is_total" THEN 'TOTAL' ELSE "customers"."name" END AS "customer_name",
    "customers"."account_number" AS "account_number",
    "sums"."currency" AS "currency",
    "sums"."num_open_invoices" AS "num_open_invoices",
    CAST(ROW(CAST("sums"."current" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "current",
    CAST(ROW(CAST("sums"."days_1_30" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_1_30",
    CAST(ROW(CAST("sums"."days_31_60" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_31_60",
    CAST(ROW(CAST("sums"."days_61_90" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_61_90",
    CAST(ROW(CAST("sums"."days_91_plus" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "days_91_plus",
    CAST(ROW(CAST("sums"."total" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "total",
    CAST(ROW(CAST("sums"."unapplied_credits" AS DECIMAL(38, 0)), "sums"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "unapplied_credits"
  FROM "sums" AS "sums"
  LEFT JOIN "customers_records" AS "customers"
    ON "customers"."id" = "sums"."customer_id"
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
  "c13"
FROM (
  SELECT
    0 AS "part",
    "k0",
    "k1",
    "k2",
    "k3",
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
    CAST("v6" AS VARCHAR) AS "c6",
    CASE
      WHEN "v7"."currency" IN (
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
      THEN CAST("v7"."minor" AS VARCHAR)
      WHEN "v7"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v7"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v7"."currency" IN ('clf', 'uyw')
      THEN CAST("v7"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v7"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c7",
    CASE
      WHEN "v8"."currency" IN (
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
      THEN CAST("v8"."minor" AS VARCHAR)
      WHEN "v8"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v8"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v8"."currency" IN ('clf', 'uyw')
      THEN CAST("v8"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v8"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c8",
    CASE
      WHEN "v9"."currency" IN (
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
      THEN CAST("v9"."minor" AS VARCHAR)
      WHEN "v9"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v9"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v9"."currency" IN ('clf', 'uyw')
      THEN CAST("v9"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v9"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c9",
    CASE
      WHEN "v10"."currency" IN (
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
      THEN CAST("v10"."minor" AS VARCHAR)
      WHEN "v10"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v10"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v10"."currency" IN ('clf', 'uyw')
      THEN CAST("v10"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v10"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c10",
    CASE
      WHEN "v11"."currency" IN (
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
      THEN CAST("v11"."minor" AS VARCHAR)
      WHEN "v11"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v11"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v11"."currency" IN ('clf', 'uyw')
      THEN CAST("v11"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v11"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c11",
    CASE
      WHEN "v12"."currency" IN (
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
      THEN CAST("v12"."minor" AS VARCHAR)
      WHEN "v12"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v12"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v12"."currency" IN ('clf', 'uyw')
      THEN CAST("v12"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v12"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
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
    END AS "c13"
  FROM (
    SELECT
      "report"."as_of_date" AS "v0",
      "report"."row_type" AS "v1",
      "report"."customer_id" AS "v2",
      "report"."customer_name" AS "v3",
      "report"."account_number" AS "v4",
      "report"."currency" AS "v5",
      "report"."num_open_invoices" AS "v6",
      "report"."current" AS "v7",
      "report"."days_1_30" AS "v8",
      "report"."days_31_60" AS "v9",
      "report"."days_61_90" AS "v10",
      "report"."days_91_plus" AS "v11",
      "report"."total" AS "v12",
      "report"."unapplied_credits" AS "v13",
      "row_type" AS "k0",
      "customer_name" AS "k1",
      "customer_id" AS "k2",
      "currency" AS "k3"
    FROM "report"
  ) AS "typed"
  UNION ALL
  SELECT
    1,
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
    NULL
  FROM (
    SELECT
      JSON_FORMAT(
        CAST(ARRAY_AGG(
          ARRAY[CAST("n" AS VARCHAR), 'current', "q0", CAST("s0" AS VARCHAR), 'days_1_30', "q1", CAST("s1" AS VARCHAR), 'days_31_60', "q2", CAST("s2" AS VARCHAR), 'days_61_90', "q3", CAST("s3" AS VARCHAR), 'days_91_plus', "q4", CAST("s4" AS VARCHAR), 'total', "q5", CAST("s5" AS VARCHAR), 'unapplied_credits', "q6", CAST("s6" AS VARCHAR)]
        ) AS JSON)
      ) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n",
        "current"."currency" AS "q0",
        SUM("current"."minor") AS "s0",
        "days_1_30"."currency" AS "q1",
        SUM("days_1_30"."minor") AS "s1",
        "days_31_60"."currency" AS "q2",
        SUM("days_31_60"."minor") AS "s2",
        "days_61_90"."currency" AS "q3",
        SUM("days_61_90"."minor") AS "s3",
        "days_91_plus"."currency" AS "q4",
        SUM("days_91_plus"."minor") AS "s4",
        "total"."currency" AS "q5",
        SUM("total"."minor") AS "s5",
        "unapplied_credits"."currency" AS "q6",
        SUM("unapplied_credits"."minor") AS "s6"
      FROM "report"
      GROUP BY
        "current"."currency",
        "days_1_30"."currency",
        "days_31_60"."currency",
        "days_61_90"."currency",
        "days_91_plus"."currency",
        "total"."currency",
        "unapplied_credits"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1",
  "k2",
  "k3"
