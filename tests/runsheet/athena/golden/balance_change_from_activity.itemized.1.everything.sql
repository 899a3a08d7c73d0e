-- ? = 'usd'
-- ? = 'charge'
WITH "balance_transactions_recent" AS (
  SELECT
    "id",
    "connected_account",
    "created",
    "available_on",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "description",
    "customer_facing_amount",
    "customer_facing_currency",
    "trace_id",
    "trace_id_status",
    "automatic_payout_id",
    "automatic_payout_effective_at",
    "customer_id",
    "customer_email",
    "customer_name",
    "customer_description",
    "shipping_address_line1",
    "shipping_address_line2",
    "shipping_address_city",
    "shipping_address_state",
    "shipping_address_postal_code",
    "shipping_address_country",
    "charge_id",
    "payment_intent_id",
    "charge_created",
    "invoice_id",
    "subscription_id",
    "payment_method_type",
    "is_link",
    "card_brand",
    "card_funding",
    "card_country",
    "statement_descriptor",
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
      "base"."available_on",
      "base"."currency",
      "base"."gross",
      "base"."fee",
      "base"."net",
      "base"."reporting_category",
      "base"."source_id",
      "base"."description",
      "base"."customer_facing_amount",
      "base"."customer_facing_currency",
      "base"."trace_id",
      "base"."trace_id_status",
      "base"."automatic_payout_id",
      "base"."automatic_payout_effective_at",
      "base"."customer_id",
      "base"."customer_email",
      "base"."customer_name",
      "base"."customer_description",
      "base"."shipping_address_line1",
      "base"."shipping_address_line2",
      "base"."shipping_address_city",
      "base"."shipping_address_state",
      "base"."shipping_address_postal_code",
      "base"."shipping_address_country",
      "base"."charge_id",
      "base"."payment_intent_id",
      "base"."charge_created",
      "base"."invoice_id",
      "base"."subscription_id",
      "base"."payment_method_type",
      "base"."is_link",
      "base"."card_brand",
      "base"."card_funding",
      "base"."card_country",
      "base"."statement_descriptor"
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
      "recent"."available_on",
      "recent"."currency",
      "recent"."gross",
      "recent"."fee",
      "recent"."net",
      "recent"."reporting_category",
      "recent"."source_id",
      "recent"."description",
      "recent"."customer_facing_amount",
      "recent"."customer_facing_currency",
      "recent"."trace_id",
      "recent"."trace_id_status",
      "recent"."automatic_payout_id",
      "recent"."automatic_payout_effective_at",
      "recent"."customer_id",
      "recent"."customer_email",
      "recent"."customer_name",
      "recent"."customer_description",
      "recent"."shipping_address_line1",
      "recent"."shipping_address_line2",
      "recent"."shipping_address_city",
      "recent"."shipping_address_state",
      "recent"."shipping_address_postal_code",
      "recent"."shipping_address_country",
      "recent"."charge_id",
      "recent"."payment_intent_id",
      "recent"."charge_created",
      "recent"."invoice_id",
      "recent"."subscription_id",
      "recent"."payment_method_type",
      "recent"."is_link",
      "recent"."card_brand",
      "recent"."card_funding",
      "recent"."card_country",
      "recent"."statement_descriptor"
    FROM "balance_transactions_recent" AS "recent"
    JOIN "balance_transactions_latest" AS "latest"
      ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
    WHERE
      "recent"."_deleted" IS DISTINCT FROM TRUE
  ) AS "records"
  WHERE
    "connected_account" IS NULL
), "transactions" AS (
  SELECT
    "balance_transactions"."id" AS "id",
    "balance_transactions"."created" AS "created",
    "balance_transactions"."available_on" AS "available_on",
    "balance_transactions"."currency" AS "currency",
    "balance_transactions"."gross" AS "gross",
    "balance_transactions"."fee" AS "fee",
    "balance_transactions"."net" AS "net",
    "balance_transactions"."reporting_category" AS "reporting_category",
    "balance_transactions"."source_id" AS "source_id",
    "balance_transactions"."description" AS "description",
    "balance_transactions"."customer_facing_amount" AS "customer_facing_amount",
    "balance_transactions"."customer_facing_currency" AS "customer_facing_currency",
    "balance_transactions"."trace_id" AS "trace_id",
    "balance_transactions"."trace_id_status" AS "trace_id_status",
    "balance_transactions"."automatic_payout_id" AS "automatic_payout_id",
    "balance_transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
    "balance_transactions"."customer_id" AS "customer_id",
    "balance_transactions"."customer_email" AS "customer_email",
    "balance_transactions"."customer_name" AS "customer_name",
    "balance_transactions"."customer_description" AS "customer_description",
    "balance_transactions"."shipping_address_line1" AS "shipping_address_line1",
    "balance_transactions"."shipping_address_line2" AS "shipping_address_line2",
    "balance_transactions"."shipping_address_city" AS "shipping_address_city",
    "balance_transactions"."shipping_address_state" AS "shipping_address_state",
    "balance_transactions"."shipping_address_postal_code" AS "shipping_address_postal_code",
    "balance_transactions"."shipping_address_country" AS "shipping_address_country",
    "balance_transactions"."charge_id" AS "charge_id",
    "balance_transactions"."payment_intent_id" AS "payment_intent_id",
    "balance_transactions"."charge_created" AS "charge_created",
    "balance_transactions"."invoice_id" AS "invoice_id",
    "balance_transactions"."subscription_id" AS "subscription_id",
    "balance_transactions"."payment_method_type" AS "payment_method_type",
    "balance_transactions"."is_link" AS "is_link",
    "balance_transactions"."card_brand" AS "card_brand",
    "balance_transactions"."card_funding" AS "card_funding",
    "balance_transactions"."card_country" AS "card_country",
    "balance_transactions"."statement_descriptor" AS "statement_descriptor"
  FROM "balance_transactions_records" AS "balance_transactions"
  WHERE
    "balance_transactions"."created" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
    AND "balance_transactions"."created" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    AND "balance_transactions"."reporting_category" <> 'payout'
    AND "balance_transactions"."reporting_category" <> 'payout_reversal'
    AND (
      "balance_transactions"."currency" = ?
    )
    AND (
      "balance_transactions"."reporting_category" = ?
    )
), "report" AS (
  SELECT
    "transactions"."automatic_payout_id" AS "automatic_payout_id",
    "transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
    "transactions"."id" AS "balance_transaction_id",
    "transactions"."created" AS "created_utc",
    "transactions"."available_on" AS "available_on_utc",
    "transactions"."currency" AS "currency",
    CAST(ROW(CAST("transactions"."gross" AS DECIMAL(38, 0)), "transactions"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "gross",
    CAST(ROW(CAST("transactions"."fee" AS DECIMAL(38, 0)), "transactions"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "fee",
    CAST(ROW(CAST("transactions"."net" AS DECIMAL(38, 0)), "transactions"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "net",
    "transactions"."reporting_category" AS "reporting_category",
    "transactions"."source_id" AS "source_id",
    "transactions"."description" AS "description",
    CAST(ROW(
      CAST("transactions"."customer_facing_amount" AS DECIMAL(38, 0)),
      "transactions"."customer_facing_currency"
    ) AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "customer_facing_amount",
    "transactions"."customer_facing_currency" AS "customer_facing_currency",
    "transactions"."customer_id" AS "customer_id",
    "transactions"."customer_email" AS "customer_email",
    "transactions"."customer_name" AS "customer_name",
    "transactions"."customer_description" AS "customer_description",
    "transactions"."shipping_address_line1" AS "shipping_address_line1",
    "transactions"."shipping_address_line2" AS "shipping_address_line2",
    "transactions"."shipping_address_city" AS "shipping_address_city",
    "transactions"."shipping_address_state" AS "shipping_address_state",
    "transactions"."shipping_address_postal_code" AS "shipping_address_postal_code",
    "transactions"."shipping_address_country" AS "shipping_address_country",
    "transactions"."charge_id" AS "charge_id",
    "transactions"."payment_intent_id" AS "payment_intent_id",
    "transactions"."charge_created" AS "charge_created_utc",
    "transactions"."invoice_id" AS "invoice_id",
    "transactions"."subscription_id" AS "subscription_id",
    "transactions"."payment_method_type" AS "payment_method_type",
    "transactions"."is_link" AS "is_link",
    "transactions"."card_brand" AS "card_brand",
    "transactions"."card_funding" AS "card_funding",
    "transactions"."card_country" AS "card_country",
    "transactions"."statement_descriptor" AS "statement_descriptor",
    "transactions"."trace_id" AS "trace_id",
    "transactions"."trace_id_status" AS "trace_id_status"
  FROM "transactions" AS "transactions"
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
  "c21",
  "c22",
  "c23",
  "c24",
  "c25",
  "c26",
  "c27",
  "c28",
  "c29",
  "c30",
  "c31",
  "c32",
  "c33",
  "c34",
  "c35",
  "c36"
FROM (
  SELECT
    0 AS "part",
    "k0",
    "k1",
    CASE
      WHEN "v0" = ''
      THEN NULL
      WHEN SUBSTR("v0", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v0"
      ELSE "v0"
    END AS "c0",
    DATE_FORMAT("v1", '%Y-%m-%d %T') AS "c1",
    DATE_FORMAT("v2", '%Y-%m-%d %T') AS "c2",
    CASE
      WHEN "v3" = ''
      THEN NULL
      WHEN SUBSTR("v3", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v3"
      ELSE "v3"
    END AS "c3",
    REPLACE(
      CASE
        WHEN "v4"."currency" IN (
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
        THEN CAST("v4"."minor" AS VARCHAR)
        WHEN "v4"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
        THEN CAST("v4"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
        WHEN "v4"."currency" IN ('clf', 'uyw')
        THEN CAST("v4"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
        ELSE CAST("v4"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
      END,
      '.',
      ','
    ) AS "c4",
    REPLACE(
      CASE
        WHEN "v5"."currency" IN (
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
        THEN CAST("v5"."minor" AS VARCHAR)
        WHEN "v5"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
        THEN CAST("v5"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
        WHEN "v5"."currency" IN ('clf', 'uyw')
        THEN CAST("v5"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
        ELSE CAST("v5"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
      END,
      '.',
      ','
    ) AS "c5",
    REPLACE(
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
      END,
      '.',
      ','
    ) AS "c6",
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
    REPLACE(
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
      END,
      '.',
      ','
    ) AS "c10",
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
    DATE_FORMAT("v15", '%Y-%m-%d %T') AS "c15",
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
    CASE
      WHEN "v19" = ''
      THEN NULL
      WHEN SUBSTR("v19", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v19"
      ELSE "v19"
    END AS "c19",
    CASE
      WHEN "v20" = ''
      THEN NULL
      WHEN SUBSTR("v20", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v20"
      ELSE "v20"
    END AS "c20",
    CASE
      WHEN "v21" = ''
      THEN NULL
      WHEN SUBSTR("v21", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v21"
      ELSE "v21"
    END AS "c21",
    CASE
      WHEN "v22" = ''
      THEN NULL
      WHEN SUBSTR("v22", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v22"
      ELSE "v22"
    END AS "c22",
    CASE
      WHEN "v23" = ''
      THEN NULL
      WHEN SUBSTR("v23", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v23"
      ELSE "v23"
    END AS "c23",
    CASE
      WHEN "v24" = ''
      THEN NULL
      WHEN SUBSTR("v24", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v24"
      ELSE "v24"
    END AS "c24",
    CASE
      WHEN "v25" = ''
      THEN NULL
      WHEN SUBSTR("v25", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v25"
      ELSE "v25"
    END AS "c25",
    CASE
      WHEN "v26" = ''
      THEN NULL
      WHEN SUBSTR("v26", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v26"
      ELSE "v26"
    END AS "c26",
    CASE
      WHEN "v27" = ''
      THEN NULL
      WHEN SUBSTR("v27", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v27"
      ELSE "v27"
    END AS "c27",
    DATE_FORMAT("v28", '%Y-%m-%d %T') AS "c28",
    CASE
      WHEN "v29" = ''
      THEN NULL
      WHEN SUBSTR("v29", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v29"
      ELSE "v29"
    END AS "c29",
    CASE
      WHEN "v30" = ''
      THEN NULL
      WHEN SUBSTR("v30", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v30"
      ELSE "v30"
    END AS "c30",
    CASE
      WHEN "v31" = ''
      THEN NULL
      WHEN SUBSTR("v31", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v31"
      ELSE "v31"
    END AS "c31",
    CAST("v32" AS VARCHAR) AS "c32",
    CASE
      WHEN "v33" = ''
      THEN NULL
      WHEN SUBSTR("v33", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v33"
      ELSE "v33"
    END AS "c33",
    CASE
      WHEN "v34" = ''
      THEN NULL
      WHEN SUBSTR("v34", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v34"
      ELSE "v34"
    END AS "c34",
    CASE
      WHEN "v35" = ''
      THEN NULL
      WHEN SUBSTR("v35", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v35"
      ELSE "v35"
    END AS "c35",
    CASE
      WHEN "v36" = ''
      THEN NULL
      WHEN SUBSTR("v36", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v36"
      ELSE "v36"
    END AS "c36"
  FROM (
    SELECT
      "report"."balance_transaction_id" AS "v0",
      "report"."created_utc" AS "v1",
      "report"."available_on_utc" AS "v2",
      "report"."currency" AS "v3",
      "report"."gross" AS "v4",
      "report"."fee" AS "v5",
      "report"."net" AS "v6",
      "report"."reporting_category" AS "v7",
      "report"."source_id" AS "v8",
      "report"."description" AS "v9",
      "report"."customer_facing_amount" AS "v10",
      "report"."customer_facing_currency" AS "v11",
      "report"."trace_id" AS "v12",
      "report"."trace_id_status" AS "v13",
      "report"."automatic_payout_id" AS "v14",
      "report"."automatic_payout_effective_at" AS "v15",
      "report"."customer_id" AS "v16",
      "report"."customer_email" AS "v17",
      "report"."customer_name" AS "v18",
      "report"."customer_description" AS "v19",
      "report"."shipping_address_line1" AS "v20",
      "report"."shipping_address_line2" AS "v21",
      "report"."shipping_address_city" AS "v22",
      "report"."shipping_address_state" AS "v23",
      "report"."shipping_address_postal_code" AS "v24",
      "report"."shipping_address_country" AS "v25",
      "report"."charge_id" AS "v26",
      "report"."payment_intent_id" AS "v27",
      "report"."charge_created_utc" AS "v28",
      "report"."invoice_id" AS "v29",
      "report"."subscription_id" AS "v30",
      "report"."payment_method_type" AS "v31",
      "report"."is_link" AS "v32",
      "report"."card_brand" AS "v33",
      "report"."card_funding" AS "v34",
      "report"."card_country" AS "v35",
      "report"."statement_descriptor" AS "v36",
      "created_utc" AS "k0",
      "balance_transaction_id" AS "k1"
    FROM "report"
  ) AS "typed"
  UNION ALL
  SELECT
    1,
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
          ARRAY[CAST("n" AS VARCHAR), 'gross', "q0", CAST("s0" AS VARCHAR), 'fee', "q1", CAST("s1" AS VARCHAR), 'net', "q2", CAST("s2" AS VARCHAR), 'customer_facing_amount', "q3", CAST("s3" AS VARCHAR)]
        ) AS JSON)
      ) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n",
        "gross"."currency" AS "q0",
        SUM("gross"."minor") AS "s0",
        "fee"."currency" AS "q1",
        SUM("fee"."minor") AS "s1",
        "net"."currency" AS "q2",
        SUM("net"."minor") AS "s2",
        "customer_facing_amount"."currency" AS "q3",
        SUM("customer_facing_amount"."minor") AS "s3"
      FROM "report"
      GROUP BY
        "gross"."currency",
        "fee"."currency",
        "net"."currency",
        "customer_facing_amount"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1"
