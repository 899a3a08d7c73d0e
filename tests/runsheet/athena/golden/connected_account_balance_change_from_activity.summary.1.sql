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
      "base"."reporting_category"
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
      "recent"."reporting_category"
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
    "balance_transactions"."connected_account" AS "connected_account",
    "balance_transactions"."currency" AS "currency",
    "balance_transactions"."gross" AS "gross",
    "balance_transactions"."fee" AS "fee",
    "balance_transactions"."net" AS "net",
    "balance_transactions"."reporting_category" AS "reporting_category"
  FROM "balance_transactions_records" AS "balance_transactions"
  WHERE
    "balance_transactions"."created" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
    AND "balance_transactions"."created" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    AND "balance_transactions"."reporting_category" <> 'payout'
    AND "balance_transactions"."reporting_category" <> 'payout_reversal'
), "report" AS (
  WITH "categories" AS (
    SELECT
      "transactions"."connected_account" AS "connected_account",
      "transactions"."currency" AS "currency",
      "transactions"."reporting_category" AS "reporting_category",
      COUNT(*) AS "count",
      SUM(CAST("transactions"."gross" AS DECIMAL(38, 0))) AS "gross",
      SUM(CAST("transactions"."fee" AS DECIMAL(38, 0))) AS "fee",
      SUM(CAST("transactions"."net" AS DECIMAL(38, 0))) AS "net"
    FROM "transactions" AS "transactions"
    GROUP BY
      "transactions"."connected_account",
      "transactions"."currency",
      "transactions"."reporting_category"
  ), "with_totals" AS (
    SELECT
      "categories"."connected_account" AS "connected_account",
      "categories"."currency" AS "currency",
      "categories"."reporting_category" AS "reporting_category",
      CAST(SUM(CAST("categories"."count" AS DECIMAL(38, 0))) AS BIGINT) AS "count",
      SUM(CAST("categories"."gross" AS DECIMAL(38, 0))) AS "gross",
      SUM(CAST("categories"."fee" AS DECIMAL(38, 0))) AS "fee",
      SUM(CAST("categories"."net" AS DECIMAL(38, 0))) AS "net"
    FROM "categories" AS "categories"
    GROUP BY
      GROUPING SETS (
        (
          "categories"."connected_account",
          "categories"."currency",
          "categories"."reporting_category"
        ),
        ("categories"."connected_account", "categories"."currency")
      )
  )
  SELECT
    COALESCE("with_totals"."reporting_category", 'total') AS "reporting_category",
    "with_totals"."currency" AS "currency",
    "with_totals"."count" AS "count",
    CAST(ROW(CAST("with_totals"."gross" AS DECIMAL(38, 0)), "with_totals"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "gross",
    CAST(ROW(CAST("with_totals"."fee" AS DECIMAL(38, 0)), "with_totals"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "fee",
    CAST(ROW(CAST("with_totals"."net" AS DECIMAL(38, 0)), "with_totals"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "net",
    "with_totals"."connected_account" AS "connected_account"
  FROM "with_totals" AS "with_totals"
)
SELECT
  "c0",
  "c1",
  "c2",
  "c3",
  "c4",
  "c5",
  "c6"
FROM (
  SELECT
    0 AS "part",
    "k0",
    "k1",
    "k2",
    "k3",
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
    CASE
      WHEN "v2" = ''
      THEN NULL
      WHEN SUBSTR("v2", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v2"
      ELSE "v2"
    END AS "c2",
    CAST("v3" AS VARCHAR) AS "c3",
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
    END AS "c6"
  FROM (
    SELECT
      "report"."connected_account" AS "v0",
      "report"."reporting_category" AS "v1",
      "report"."currency" AS "v2",
      "report"."count" AS "v3",
      "report"."gross" AS "v4",
      "report"."fee" AS "v5",
      "report"."net" AS "v6",
      "connected_account" AS "k0",
      "currency" AS "k1",
      "reporting_category" = 'total' AS "k2",
      "reporting_category" AS "k3"
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
  "k1",
  "k2",
  "k3"
