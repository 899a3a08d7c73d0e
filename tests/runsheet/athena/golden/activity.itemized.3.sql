WITH "balance_transactions_recent" AS (
  SELECT
    "id",
    "connected_account",
    "created",
    "currency",
    "gross",
    "fee",
    "reporting_category",
    "source_id",
    "description",
    "customer_facing_amount",
    "customer_facing_currency",
    "automatic_payout_id",
    "charge_id",
    "payment_intent_id",
    "invoice_id",
    "subscription_id",
    "connected_account_id",
    "destination_payment_id",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 48)) AS "file_index"
  FROM "balance_transactions"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/balance_transactions/org_1/live/dsf_2.parquet')
), "balance_transactions_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "balance_transactions_recent"
  GROUP BY
    "id"
), "balance_transactions_records" AS (
  SELECT
    *
  FROM (
    SELECT
      "base"."id",
      "base"."connected_account",
      "base"."created",
      "base"."currency",
      "base"."gross",
      "base"."fee",
      "base"."reporting_category",
      "base"."source_id",
      "base"."description",
      "base"."customer_facing_amount",
      "base"."customer_facing_currency",
      "base"."automatic_payout_id",
      "base"."charge_id",
      "base"."payment_intent_id",
      "base"."invoice_id",
      "base"."subscription_id",
      "base"."connected_account_id",
      "base"."destination_payment_id"
    FROM "balance_transactions" AS "base"
    LEFT JOIN "balance_transactions_latest" AS "latest"
      ON "latest"."id" = "base"."id"
    WHERE
      "lake_organisation" = 'org_1'
      AND "lake_mode" = 'live'
      AND "$path" IN ('s3://lake/lake/balance_transactions/org_1/live/dsf_1.parquet')
      AND "latest"."id" IS NULL
    UNION ALL
    SELECT
      "recent"."id",
      "recent"."connected_account",
      "recent"."created",
      "recent"."currency",
      "recent"."gross",
      "recent"."fee",
      "recent"."reporting_category",
      "recent"."source_id",
      "recent"."description",
      "recent"."customer_facing_amount",
      "recent"."customer_facing_currency",
      "recent"."automatic_payout_id",
      "recent"."charge_id",
      "recent"."payment_intent_id",
      "recent"."invoice_id",
      "recent"."subscription_id",
      "recent"."connected_account_id",
      "recent"."destination_payment_id"
    FROM "balance_transactions_recent" AS "recent"
    JOIN "balance_transactions_latest" AS "latest"
      ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
    WHERE
      "recent"."_deleted" IS DISTINCT FROM TRUE
  ) AS "records"
  WHERE
    "connected_account" IS NULL
), "described" AS (
  SELECT
    "balance_transactions"."id" AS "id",
    "balance_transactions"."created" AS "created",
    "balance_transactions"."currency" AS "currency",
    "balance_transactions"."gross" AS "gross",
    "balance_transactions"."fee" AS "fee",
    "balance_transactions"."reporting_category" AS "reporting_category",
    "balance_transactions"."source_id" AS "source_id",
    "balance_transactions"."description" AS "description",
    "balance_transactions"."customer_facing_amount" AS "customer_facing_amount",
    "balance_transactions"."customer_facing_currency" AS "customer_facing_currency",
    "balance_transactions"."automatic_payout_id" AS "automatic_payout_id",
    "balance_transactions"."charge_id" AS "charge_id",
    "balance_transactions"."payment_intent_id" AS "payment_intent_id",
    "balance_transactions"."invoice_id" AS "invoice_id",
    "balance_transactions"."subscription_id" AS "subscription_id",
    "balance_transactions"."connected_account_id" AS "connected_account_id",
    "balance_transactions"."destination_payment_id" AS "destination_payment_id",
    "balance_transactions"."reporting_category" = 'fee'
    OR "balance_transactions"."reporting_category" = 'network_cost'
    OR "balance_transactions"."reporting_category" = 'tax' AS "is_fee",
    "balance_transactions"."reporting_category" = 'transfer'
    OR "balance_transactions"."reporting_category" = 'transfer_reversal' AS "is_transfer",
    CASE
      WHEN (
        "balance_transactions"."reporting_category" = 'fee'
        OR "balance_transactions"."reporting_category" = 'network_cost'
        OR "balance_transactions"."reporting_category" = 'tax'
      )
      THEN CAST(ROW(
        COALESCE(
          REGEXP_EXTRACT(
            "balance_transactions"."description",
            '^[^:]+ \((\d{4}-\d{2}-\d{2})(?: - (\d{4}-\d{2}-\d{2}))?\): ',
            1
          ),
          ''
        ),
        COALESCE(
          REGEXP_EXTRACT(
            "balance_transactions"."description",
            '^[^:]+ \((\d{4}-\d{2}-\d{2})(?: - (\d{4}-\d{2}-\d{2}))?\): ',
            2
          ),
          ''
        )
      ) AS ROW("first" VARCHAR, "last" VARCHAR))
    END AS "days"
  FROM "balance_transactions_records" AS "balance_transactions"
), "dated" AS (
  SELECT
    "described"."id" AS "id",
    "described"."created" AS "created",
    "described"."currency" AS "currency",
    "described"."gross" AS "gross",
    "described"."fee" AS "fee",
    "described"."reporting_category" AS "reporting_category",
    "described"."source_id" AS "source_id",
    "described"."description" AS "description",
    "described"."customer_facing_amount" AS "customer_facing_amount",
    "described"."customer_facing_currency" AS "customer_facing_currency",
    "described"."automatic_payout_id" AS "automatic_payout_id",
    "described"."charge_id" AS "charge_id",
    "described"."payment_intent_id" AS "payment_intent_id",
    "described"."invoice_id" AS "invoice_id",
    "described"."subscription_id" AS "subscription_id",
    "described"."connected_account_id" AS "connected_account_id",
    "described"."destination_payment_id" AS "destination_payment_id",
    "described"."is_fee" AS "is_fee",
    "described"."is_transfer" AS "is_transfer",
    CASE
      WHEN TRY_CAST("described"."days"."first" AS DATE) <= CASE
        WHEN "described"."days"."last" = ''
        THEN TRY_CAST("described"."days"."first" AS DATE)
        ELSE TRY_CAST("described"."days"."last" AS DATE)
      END
      THEN TRY_CAST("described"."days"."first" AS DATE)
    END AS "activity_start_date",
    CASE
      WHEN TRY_CAST("described"."days"."first" AS DATE) <= CASE
        WHEN "described"."days"."last" = ''
        THEN TRY_CAST("described"."days"."first" AS DATE)
        ELSE TRY_CAST("described"."days"."last" AS DATE)
      END
      THEN CASE
        WHEN "described"."days"."last" = ''
        THEN TRY_CAST("described"."days"."first" AS DATE)
        ELSE TRY_CAST("described"."days"."last" AS DATE)
      END
    END AS "activity_end_date"
  FROM "described" AS "described"
), "transactions" AS (
  SELECT
    "dated"."id" AS "id",
    "dated"."created" AS "created",
    "dated"."currency" AS "currency",
    "dated"."gross" AS "gross",
    "dated"."fee" AS "fee",
    "dated"."reporting_category" AS "reporting_category",
    "dated"."source_id" AS "source_id",
    "dated"."description" AS "description",
    "dated"."customer_facing_amount" AS "customer_facing_amount",
    "dated"."customer_facing_currency" AS "customer_facing_currency",
    "dated"."automatic_payout_id" AS "automatic_payout_id",
    "dated"."charge_id" AS "charge_id",
    "dated"."payment_intent_id" AS "payment_intent_id",
    "dated"."invoice_id" AS "invoice_id",
    "dated"."subscription_id" AS "subscription_id",
    "dated"."connected_account_id" AS "connected_account_id",
    "dated"."destination_payment_id" AS "destination_payment_id",
    "dated"."is_fee" AS "is_fee",
    "dated"."is_transfer" AS "is_transfer",
    "dated"."activity_start_date" AS "activity_start_date",
    "dated"."activity_end_date" AS "activity_end_date",
    COALESCE(
      CAST("dated"."activity_end_date" AS TIMESTAMP) + INTERVAL '1' DAY - INTERVAL '1' SECOND,
      "dated"."created"
    ) AS "activity_at"
  FROM "dated" AS "dated"
  WHERE
    COALESCE(
      CAST("dated"."activity_end_date" AS TIMESTAMP) + INTERVAL '1' DAY - INTERVAL '1' SECOND,
      "dated"."created"
    ) >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
    AND COALESCE(
      CAST("dated"."activity_end_date" AS TIMESTAMP) + INTERVAL '1' DAY - INTERVAL '1' SECOND,
      "dated"."created"
    ) < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    AND "dated"."reporting_category" <> 'payout'
    AND "dated"."reporting_category" <> 'payout_reversal'
    AND "dated"."reporting_category" <> 'connect_reserved_funds'
), "report" AS (
  WITH "lines" AS (
    SELECT
      "transactions"."id" AS "id",
      "transactions"."created" AS "created",
      "transactions"."currency" AS "currency",
      "transactions"."reporting_category" AS "reporting_category",
      "transactions"."source_id" AS "source_id",
      "transactions"."description" AS "description",
      "transactions"."customer_facing_amount" AS "customer_facing_amount",
      "transactions"."customer_facing_currency" AS "customer_facing_currency",
      "transactions"."automatic_payout_id" AS "automatic_payout_id",
      "transactions"."charge_id" AS "charge_id",
      "transactions"."payment_intent_id" AS "payment_intent_id",
      "transactions"."invoice_id" AS "invoice_id",
      "transactions"."subscription_id" AS "subscription_id",
      "transactions"."connected_account_id" AS "connected_account_id",
      "transactions"."destination_payment_id" AS "destination_payment_id",
      "transactions"."is_fee" AS "is_fee",
      "transactions"."is_transfer" AS "is_transfer",
      "transactions"."activity_start_date" AS "activity_start_date",
      "transactions"."activity_end_date" AS "activity_end_date",
      "transactions"."activity_at" AS "activity_at",
      "line_rows"."line_position" AS "line_position",
      "line_rows"."line_amount" AS "line_amount",
      "line_rows"."line_component" AS "line_component"
    FROM "transactions" AS "transactions"
    CROSS JOIN UNNEST(ARRAY[ROW(
      1,
      "transactions"."gross",
      CASE
        WHEN "transactions"."reporting_category" = 'tax'
        THEN 'tax'
        WHEN "transactions"."is_fee"
        THEN 'other_fee'
        ELSE 'gross'
      END
    ), ROW(
      2,
      -"transactions"."fee",
      CASE
        WHEN "transactions"."is_fee"
        THEN 'tax'
        WHEN "transactions"."is_transfer"
        THEN CONCAT(CAST("transactions"."reporting_category" AS VARCHAR), CAST('_fee' AS VARCHAR))
        WHEN "transactions"."reporting_category" = 'dispute'
        OR "transactions"."reporting_category" = 'dispute_reversal'
        THEN 'dispute_fee'
        WHEN "transactions"."reporting_category" = 'other_adjustment'
        THEN 'other_fee'
        ELSE 'payments_fee'
      END
    )]) AS "line_rows"("line_position", "line_amount", "line_component")
  )
  SELECT
    "lines"."id" AS "balance_transaction_id",
    "lines"."created" AS "balance_transaction_created_at",
    "lines"."reporting_category" AS "balance_transaction_reporting_category",
    "lines"."line_component" AS "balance_transaction_component",
    "lines"."activity_at" AS "activity_at",
    "lines"."currency" AS "currency",
    CAST(ROW(CAST("lines"."line_amount" AS DECIMAL(38, 0)), "lines"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "amount",
    "lines"."charge_id" AS "charge_id",
    "lines"."payment_intent_id" AS "payment_intent_id",
    CASE
      WHEN "lines"."reporting_category" = 'refund'
      OR "lines"."reporting_category" = 'refund_failure'
      THEN "lines"."source_id"
    END AS "refund_id",
    CASE
      WHEN "lines"."reporting_category" = 'dispute'
      OR "lines"."reporting_category" = 'dispute_reversal'
      THEN "lines"."source_id"
    END AS "dispute_id",
    "lines"."invoice_id" AS "invoice_id",
    "lines"."subscription_id" AS "subscription_id",
    CASE WHEN "lines"."is_fee" THEN "lines"."source_id" END AS "fee_id",
    CASE WHEN "lines"."is_transfer" THEN "lines"."source_id" END AS "transfer_id",
    CASE
      WHEN "lines"."is_transfer" OR NOT "lines"."destination_payment_id" IS NULL
      THEN "lines"."connected_account_id"
    END AS "destination_id",
    "lines"."automatic_payout_id" AS "automatic_payout_id",
    CASE
      WHEN "lines"."reporting_category" = 'charge'
      OR "lines"."reporting_category" = 'partial_capture_reversal'
      THEN 'charge_captured'
      ELSE "lines"."reporting_category"
    END AS "event_type",
    CASE
      WHEN "lines"."line_position" = 1
      THEN CAST(ROW(
        CAST("lines"."customer_facing_amount" AS DECIMAL(38, 0)),
        "lines"."customer_facing_currency"
      ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR))
    END AS "customer_facing_amount",
    CASE WHEN "lines"."activity_end_date" IS NULL THEN 'instant' ELSE 'range' END AS "activity_interval_type",
    "lines"."activity_start_date" AS "activity_start_date",
    "lines"."activity_end_date" AS "activity_end_date",
    "lines"."description" AS "balance_transaction_description",
    "lines"."created" AS "created_utc",
    "lines"."line_position" AS "position"
  FROM "lines" AS "lines"
  WHERE
    "lines"."line_amount" <> 0
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
    CASE
      WHEN "v0" = ''
      THEN NULL
      WHEN SUBSTR("v0", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v0"
      ELSE "v0"
    END AS "c0",
    DATE_FORMAT("v1", '%Y-%m-%d %T') AS "c1",
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
    DATE_FORMAT("v4", '%Y-%m-%d %T') AS "c4",
    CASE
      WHEN "v5" = ''
      THEN NULL
      WHEN SUBSTR("v5", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v5"
      ELSE "v5"
    END AS "c5",
    CASE
      WHEN "v6"."currency" IN (
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
      THEN CAST("v6"."minor" AS VARCHAR)
      WHEN "v6"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v6"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v6"."currency" IN ('clf', 'uyw')
      THEN CAST("v6"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v6"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c6",
    CASE
      WHEN "v7" = ''
      THEN NULL
      WHEN SUBSTR("v7", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v7"
      ELSE "v7"
    END AS "c7",
    CASE
      WHEN "v8" = ''
      THEN NULL
      WHEN SUBSTR("v8", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v8"
      ELSE "v8"
    END AS "c8",
    CASE
      WHEN "v9" = ''
      THEN NULL
      WHEN SUBSTR("v9", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v9"
      ELSE "v9"
    END AS "c9",
    CASE
      WHEN "v10" = ''
      THEN NULL
      WHEN SUBSTR("v10", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v10"
      ELSE "v10"
    END AS "c10",
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
      WHEN "v13" = ''
      THEN NULL
      WHEN SUBSTR("v13", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v13"
      ELSE "v13"
    END AS "c13",
    CASE
      WHEN "v14" = ''
      THEN NULL
      WHEN SUBSTR("v14", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v14"
      ELSE "v14"
    END AS "c14",
    CASE
      WHEN "v15" = ''
      THEN NULL
      WHEN SUBSTR("v15", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v15"
      ELSE "v15"
    END AS "c15",
    CASE
      WHEN "v16" = ''
      THEN NULL
      WHEN SUBSTR("v16", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v16"
      ELSE "v16"
    END AS "c16",
    CASE
      WHEN "v17" = ''
      THEN NULL
      WHEN SUBSTR("v17", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v17"
      ELSE "v17"
    END AS "c17",
    CASE
      WHEN "v18" = ''
      THEN NULL
      WHEN SUBSTR("v18", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v18"
      ELSE "v18"
    END AS "c18",
    CAST("v19" AS VARCHAR) AS "c19",
    CAST("v20" AS VARCHAR) AS "c20",
    CASE
      WHEN "v21" = ''
      THEN NULL
      WHEN SUBSTR("v21", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v21"
      ELSE "v21"
    END AS "c21"
  FROM (
    SELECT
      "report"."balance_transaction_id" AS "v0",
      "report"."balance_transaction_created_at" AS "v1",
      "report"."balance_transaction_reporting_category" AS "v2",
      "report"."balance_transaction_component" AS "v3",
      "report"."activity_at" AS "v4",
      "report"."currency" AS "v5",
      "report"."amount" AS "v6",
      "report"."charge_id" AS "v7",
      "report"."payment_intent_id" AS "v8",
      "report"."refund_id" AS "v9",
      "report"."dispute_id" AS "v10",
      "report"."invoice_id" AS "v11",
      "report"."subscription_id" AS "v12",
      "report"."fee_id" AS "v13",
      "report"."transfer_id" AS "v14",
      "report"."destination_id" AS "v15",
      "report"."automatic_payout_id" AS "v16",
      "report"."event_type" AS "v17",
      "report"."activity_interval_type" AS "v18",
      "report"."activity_start_date" AS "v19",
      "report"."activity_end_date" AS "v20",
      "report"."balance_transaction_description" AS "v21",
      "created_utc" AS "k0",
      "balance_transaction_id" AS "k1",
      "position" AS "k2"
    FROM "report"
  ) AS "typed"
  UNION ALL
  SELECT
    1,
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
        CAST(ARRAY_AGG(ARRAY[CAST("n" AS VARCHAR), 'amount', "q0", CAST("s0" AS VARCHAR)]) AS JSON)
      ) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n",
        "amount"."currency" AS "q0",
        SUM("amount"."minor") AS "s0"
      FROM "report"
      GROUP BY
        "amount"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1",
  "k2"
