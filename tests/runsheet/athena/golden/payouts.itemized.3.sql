WITH "balance_transactions_recent" AS (
  SELECT
    "id",
    "connected_account",
    "created",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "description",
    "payout_id",
    "payout_effective_at",
    "payout_expected_arrival_date",
    "payout_status",
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
      "base"."net",
      "base"."reporting_category",
      "base"."source_id",
      "base"."description",
      "base"."payout_id",
      "base"."payout_effective_at",
      "base"."payout_expected_arrival_date",
      "base"."payout_status"
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
      "recent"."net",
      "recent"."reporting_category",
      "recent"."source_id",
      "recent"."description",
      "recent"."payout_id",
      "recent"."payout_effective_at",
      "recent"."payout_expected_arrival_date",
      "recent"."payout_status"
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
    "balance_transactions"."currency" AS "currency",
    "balance_transactions"."gross" AS "gross",
    "balance_transactions"."fee" AS "fee",
    "balance_transactions"."net" AS "net",
    "balance_transactions"."reporting_category" AS "reporting_category",
    "balance_transactions"."source_id" AS "source_id",
    "balance_transactions"."description" AS "description",
    "balance_transactions"."payout_id" AS "payout_id",
    "balance_transactions"."payout_effective_at" AS "payout_effective_at",
    "balance_transactions"."payout_expected_arrival_date" AS "payout_expected_arrival_date",
    "balance_transactions"."payout_status" AS "payout_status"
  FROM "balance_transactions_records" AS "balance_transactions"
  WHERE
    "balance_transactions"."created" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
    AND "balance_transactions"."created" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    AND (
      "balance_transactions"."reporting_category" = 'payout'
      OR "balance_transactions"."reporting_category" = 'payout_reversal'
    )
), "report" AS (
  SELECT
    COALESCE("transactions"."payout_id", "transactions"."source_id") AS "payout_id",
    "transactions"."payout_effective_at" AS "effective_at_utc",
    "transactions"."payout_effective_at" AS "effective_at",
    "transactions"."currency" AS "currency",
    CAST(ROW(CAST("transactions"."gross" AS DECIMAL(38, 0)), "transactions"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "gross",
    CAST(ROW(CAST("transactions"."fee" AS DECIMAL(38, 0)), "transactions"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "fee",
    CAST(ROW(CAST("transactions"."net" AS DECIMAL(38, 0)), "transactions"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "net",
    "transactions"."reporting_category" AS "reporting_category",
    "transactions"."id" AS "balance_transaction_id",
    "transactions"."description" AS "description",
    "transactions"."payout_expected_arrival_date" AS "payout_expected_arrival_date",
    "transactions"."payout_status" AS "payout_status",
    "transactions"."created" AS "created_utc"
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
  "c11"
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
    END AS "c4",
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
    CAST("v10" AS VARCHAR) AS "c10",
    CASE
      WHEN "v11" = ''
      THEN NULL
      WHEN SUBSTR("v11", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v11"
      ELSE "v11"
    END AS "c11"
  FROM (
    SELECT
      "report"."payout_id" AS "v0",
      "report"."effective_at_utc" AS "v1",
      "report"."effective_at" AS "v2",
      "report"."currency" AS "v3",
      "report"."gross" AS "v4",
      "report"."fee" AS "v5",
      "report"."net" AS "v6",
      "report"."reporting_category" AS "v7",
      "report"."balance_transaction_id" AS "v8",
      "report"."description" AS "v9",
      "report"."payout_expected_arrival_date" AS "v10",
      "report"."payout_status" AS "v11",
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
    NULL
  FROM (
    SELECT
      JSON_FORMAT(
        CAST(ARRAY_AGG(
          ARRAY[CAST("n" AS VARCHAR), 'gross', "q0", CAST("s0" AS VARCHAR), 'fee', "q1", CAST("s1" AS VARCHAR), 'net', "q2", CAST("s2" AS VARCHAR)]
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
        SUM("net"."minor") AS "s2"
      FROM "report"
      GROUP BY
        "gross"."currency",
        "fee"."currency",
        "net"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1"
