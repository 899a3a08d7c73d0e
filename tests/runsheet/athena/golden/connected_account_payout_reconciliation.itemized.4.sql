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
    "automatic_payout_id",
    "automatic_payout_effective_at",
    "payout_id",
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
      "base"."automatic_payout_id",
      "base"."automatic_payout_effective_at",
      "base"."payout_id"
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
      "recent"."automatic_payout_id",
      "recent"."automatic_payout_effective_at",
      "recent"."payout_id"
    FROM "balance_transactions_recent" AS "recent"
    JOIN "balance_transactions_latest" AS "latest"
      ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
    WHERE
      "recent"."_deleted" IS DISTINCT FROM TRUE
  ) AS "records"
  WHERE
    NOT "connected_account" IS NULL
), "transactions" AS (
  SELECT
    "balance_transactions"."id" AS "id",
    "balance_transactions"."connected_account" AS "connected_account",
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
    "balance_transactions"."automatic_payout_id" AS "automatic_payout_id",
    "balance_transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at"
  FROM "balance_transactions_records" AS "balance_transactions"
  WHERE
    "balance_transactions"."automatic_payout_effective_at" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
    AND "balance_transactions"."automatic_payout_effective_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    AND COALESCE("balance_transactions"."payout_id", "balance_transactions"."source_id") IS DISTINCT FROM "balance_transactions"."automatic_payout_id"
    AND NOT "balance_transactions"."automatic_payout_id" IS NULL
), "report" AS (
  SELECT
    "transactions"."automatic_payout_id" AS "automatic_payout_id",
    "transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at_utc",
    "transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
    "transactions"."id" AS "balance_transaction_id",
    "transactions"."created" AS "created_utc",
    "transactions"."created" AS "created",
    "transactions"."available_on" AS "available_on_utc",
    "transactions"."available_on" AS "available_on",
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
    "transactions"."connected_account" AS "connected_account"
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
  "c17"
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
    CASE
      WHEN "v1" = ''
      THEN NULL
      WHEN SUBSTR("v1", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v1"
      ELSE "v1"
    END AS "c1",
    DATE_FORMAT("v2", '%Y-%m-%d %T') AS "c2",
    DATE_FORMAT("v3", '%Y-%m-%d %T') AS "c3",
    CASE
      WHEN "v4" = ''
      THEN NULL
      WHEN SUBSTR("v4", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v4"
      ELSE "v4"
    END AS "c4",
    DATE_FORMAT("v5", '%Y-%m-%d %T') AS "c5",
    DATE_FORMAT("v6", '%Y-%m-%d %T') AS "c6",
    DATE_FORMAT("v7", '%Y-%m-%d %T') AS "c7",
    DATE_FORMAT("v8", '%Y-%m-%d %T') AS "c8",
    CASE
      WHEN "v9" = ''
      THEN NULL
      WHEN SUBSTR("v9", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v9"
      ELSE "v9"
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
      WHEN "v17" = ''
      THEN NULL
      WHEN SUBSTR("v17", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v17"
      ELSE "v17"
    END AS "c17"
  FROM (
    SELECT
      "report"."connected_account" AS "v0",
      "report"."automatic_payout_id" AS "v1",
      "report"."automatic_payout_effective_at_utc" AS "v2",
      "report"."automatic_payout_effective_at" AS "v3",
      "report"."balance_transaction_id" AS "v4",
      "report"."created_utc" AS "v5",
      "report"."created" AS "v6",
      "report"."available_on_utc" AS "v7",
      "report"."available_on" AS "v8",
      "report"."currency" AS "v9",
      "report"."gross" AS "v10",
      "report"."fee" AS "v11",
      "report"."net" AS "v12",
      "report"."reporting_category" AS "v13",
      "report"."source_id" AS "v14",
      "report"."description" AS "v15",
      "report"."customer_facing_amount" AS "v16",
      "report"."customer_facing_currency" AS "v17",
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
