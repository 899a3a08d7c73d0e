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
    "description",
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
      "base"."description"
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
      "recent"."description"
    FROM "balance_transactions_recent" AS "recent"
    JOIN "balance_transactions_latest" AS "latest"
      ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
    WHERE
      "recent"."_deleted" IS DISTINCT FROM TRUE
  ) AS "records"
  WHERE
    "connected_account" IS NULL
), "sums" AS (
  SELECT
    "balance_transactions"."connected_account" AS "connected_account",
    "balance_transactions"."currency" AS "currency",
    "balance_transactions"."created" < CAST('2026-01-01 00:00:00' AS TIMESTAMP) AS "is_before",
    "balance_transactions"."reporting_category" = 'payout'
    OR "balance_transactions"."reporting_category" = 'payout_reversal' AS "is_payout",
    SUM(CAST("balance_transactions"."gross" AS DECIMAL(38, 0))) AS "gross",
    SUM(CAST("balance_transactions"."fee" AS DECIMAL(38, 0))) AS "fee",
    SUM(CAST("balance_transactions"."net" AS DECIMAL(38, 0))) AS "net"
  FROM "balance_transactions_records" AS "balance_transactions"
  WHERE
    "balance_transactions"."created" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
  GROUP BY ALL
), "balances" AS (
  SELECT
    "sums"."connected_account" AS "connected_account",
    "sums"."currency" AS "currency",
    COALESCE(SUM(CAST("sums"."net" AS DECIMAL(38, 0))) FILTER(WHERE
      "sums"."is_before"), 0) AS "starting_balance",
    COALESCE(
      SUM(CAST("sums"."gross" AS DECIMAL(38, 0))) FILTER(WHERE
        NOT "sums"."is_before" AND NOT "sums"."is_payout"),
      0
    ) AS "activity_gross",
    COALESCE(
      SUM(CAST(-"sums"."fee" AS DECIMAL(38, 0))) FILTER(WHERE
        NOT "sums"."is_before" AND NOT "sums"."is_payout"),
      0
    ) AS "activity_fee",
    COALESCE(
      SUM(CAST("sums"."net" AS DECIMAL(38, 0))) FILTER(WHERE
        NOT "sums"."is_before" AND NOT "sums"."is_payout"),
      0
    ) AS "activity",
    COALESCE(
      SUM(CAST("sums"."gross" AS DECIMAL(38, 0))) FILTER(WHERE
        NOT "sums"."is_before" AND "sums"."is_payout"),
      0
    ) AS "payouts_gross",
    COALESCE(
      SUM(CAST(-"sums"."fee" AS DECIMAL(38, 0))) FILTER(WHERE
        NOT "sums"."is_before" AND "sums"."is_payout"),
      0
    ) AS "payouts_fee",
    COALESCE(
      SUM(CAST("sums"."net" AS DECIMAL(38, 0))) FILTER(WHERE
        NOT "sums"."is_before" AND "sums"."is_payout"),
      0
    ) AS "payouts",
    SUM(CAST("sums"."net" AS DECIMAL(38, 0))) AS "ending_balance"
  FROM "sums" AS "sums"
  GROUP BY
    "sums"."connected_account",
    "sums"."currency"
), "lines" AS (
  SELECT
    "balances"."connected_account" AS "connected_account",
    "balances"."currency" AS "currency",
    "listed_rows"."position" AS "position",
    "listed_rows"."category" AS "category",
    "listed_rows"."description" AS "description",
    "listed_rows"."amount" AS "amount"
  FROM "balances" AS "balances"
  CROSS JOIN UNNEST(ARRAY[ROW(
    1,
    'starting_balance',
    CONCAT(
      CAST('Starting balance (' AS VARCHAR),
      CAST(DATE_FORMAT((
        CAST('2026-01-01 00:00:00' AS TIMESTAMP)
      ), '%Y-%m-%d') AS VARCHAR),
      CAST(')' AS VARCHAR)
    ),
    "balances"."starting_balance"
  ), ROW(2, 'activity_gross', 'Account activity before fees', "balances"."activity_gross"), ROW(3, 'activity_fee', 'Less fees', "balances"."activity_fee"), ROW(4, 'activity', 'Activity', "balances"."activity"), ROW(5, 'payouts_gross', 'Payouts to bank', "balances"."payouts_gross"), ROW(6, 'payouts_fee', 'Payout fees', "balances"."payouts_fee"), ROW(7, 'payouts', 'Total payouts', "balances"."payouts"), ROW(
    8,
    'ending_balance',
    CONCAT(
      CAST('Ending balance (' AS VARCHAR),
      CAST(DATE_FORMAT((
        CAST('2026-02-01 00:00:00' AS TIMESTAMP) - INTERVAL '1' SECOND
      ), '%Y-%m-%d') AS VARCHAR),
      CAST(')' AS VARCHAR)
    ),
    "balances"."ending_balance"
  )]) AS "listed_rows"("position", "category", "description", "amount")
), "report" AS (
  SELECT
    "lines"."category" AS "category",
    "lines"."description" AS "description",
    CAST(ROW(CAST("lines"."amount" AS DECIMAL(38, 0)), "lines"."currency") AS ROW("minor" DECIMAL(38, 0), "currency" VARCHAR)) AS "net_amount",
    "lines"."currency" AS "currency",
    "lines"."position" AS "position",
    "lines"."connected_account" AS "connected_account"
  FROM "lines" AS "lines"
)
SELECT
  "c0",
  "c1",
  "c2",
  "c3"
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
    CASE
      WHEN "v1" = ''
      THEN NULL
      WHEN SUBSTR("v1", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v1"
      ELSE "v1"
    END AS "c1",
    CASE
      WHEN "v2"."currency" IN (
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
      THEN CAST("v2"."minor" AS VARCHAR)
      WHEN "v2"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
      THEN CAST("v2"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
      WHEN "v2"."currency" IN ('clf', 'uyw')
      THEN CAST("v2"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
      ELSE CAST("v2"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
    END AS "c2",
    CASE
      WHEN "v3" = ''
      THEN NULL
      WHEN SUBSTR("v3", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v3"
      ELSE "v3"
    END AS "c3"
  FROM (
    SELECT
      "report"."category" AS "v0",
      "report"."description" AS "v1",
      "report"."net_amount" AS "v2",
      "report"."currency" AS "v3",
      "connected_account" AS "k0",
      "currency" AS "k1",
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
    NULL
  FROM (
    SELECT
      JSON_FORMAT(
        CAST(ARRAY_AGG(ARRAY[CAST("n" AS VARCHAR), 'net_amount', "q0", CAST("s0" AS VARCHAR)]) AS JSON)
      ) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n",
        "net_amount"."currency" AS "q0",
        SUM("net_amount"."minor") AS "s0"
      FROM "report"
      GROUP BY
        "net_amount"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1",
  "k2"
