-- ? = 'org_1'
-- ? = 'Whole''s'
-- ? = 'org_2'
-- ? = 'Part'
WITH "categories" AS (
  SELECT
    "given"."category",
    "given"."unit",
    "given"."category_number",
    "given"."unit_number"
  FROM (VALUES
    (
      CAST('Ingest?' AS VARCHAR),
      CAST('GB' AS VARCHAR),
      CAST('1' AS INTEGER),
      CAST('1' AS INTEGER)
    )) AS "given"("category", "unit", "category_number", "unit_number")
), "shares" AS (
  SELECT
    "given"."category",
    "given"."organisation_id",
    "given"."credits",
    CAST("days"."day" AS DATE) AS "day"
  FROM (VALUES
    (
      CAST('Ingest?' AS VARCHAR),
      CAST('org_1' AS VARCHAR),
      CAST('2.500000000000000000' AS DECIMAL(38, 18)),
      CAST('2026-01-01' AS DATE),
      CAST('2026-01-01' AS DATE)
    )) AS "given"("category", "organisation_id", "credits", "first_day", "last_day")
  CROSS JOIN UNNEST(SEQUENCE("first_day", "last_day", INTERVAL '1' DAY)) AS "days"("day")
), "terms" AS (
  SELECT
    "given"."category",
    "given"."unit",
    "given"."credits_per_unit",
    "given"."unit_number",
    "given"."category_number",
    "given"."surcharge",
    CAST("days"."day" AS DATE) AS "day"
  FROM (VALUES
    (
      CAST('Ingest?' AS VARCHAR),
      CAST('GB' AS VARCHAR),
      CAST('1.500000000' AS DECIMAL(18, 9)),
      CAST('1' AS INTEGER),
      CAST('1' AS INTEGER),
      CAST('0.1000' AS DECIMAL(9, 4)),
      CAST('2026-01-01' AS DATE),
      CAST('2026-01-31' AS DATE)
    )) AS "given"("category", "unit", "credits_per_unit", "unit_number", "category_number", "surcharge", "first_day", "last_day")
  CROSS JOIN UNNEST(SEQUENCE("first_day", "last_day", INTERVAL '1' DAY)) AS "days"("day")
), "organisations" AS (
  SELECT
    "given"."id",
    "given"."name",
    "given"."is_own",
    "given"."is_child"
  FROM (VALUES
    (
      CAST(? AS VARCHAR),
      CAST(? AS VARCHAR),
      CAST(TRUE AS BOOLEAN),
      CAST(FALSE AS BOOLEAN)
    ),
    (
      CAST(? AS VARCHAR),
      CAST(? AS VARCHAR),
      CAST(FALSE AS BOOLEAN),
      CAST(TRUE AS BOOLEAN)
    )) AS "given"("id", "name", "is_own", "is_child")
), "usage_records_recent" AS (
  SELECT
    "id",
    "used_at",
    "organisation_id",
    "category",
    "unit",
    "quantity",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 41)) AS "file_index"
  FROM "usage_records"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/usage_records/org_1/live/dsf_2.parquet')
), "usage_records_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "usage_records_recent"
  GROUP BY
    "id"
), "usage_records_records" AS (
  SELECT
    "base"."id",
    "base"."used_at",
    "base"."organisation_id",
    "base"."category",
    "base"."unit",
    "base"."quantity"
  FROM "usage_records" AS "base"
  LEFT JOIN "usage_records_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/usage_records/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."used_at",
    "recent"."organisation_id",
    "recent"."category",
    "recent"."unit",
    "recent"."quantity"
  FROM "usage_records_recent" AS "recent"
  JOIN "usage_records_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "report" AS (
  SELECT
    "gathered"."organization id" AS "organization id",
    "gathered"."organization name" AS "organization name",
    "gathered"."date" AS "date",
    SUM("gathered"."total credits") AS "total credits",
    COALESCE(SUM("gathered"."quantity") FILTER(WHERE
      "gathered"."unit_number" = 1), 0) AS "p0",
    COALESCE(SUM("gathered"."credits") FILTER(WHERE
      "gathered"."category_number" = 1), 0) AS "p1"
  FROM (
    WITH "records" AS (
      SELECT
        CAST("usage_records"."used_at" AS DATE) AS "day",
        COALESCE(
          "usage_records"."organisation_id",
          (
            SELECT
              "organisations"."id" AS "id"
            FROM "organisations" AS "organisations"
            WHERE
              "organisations"."is_own"
          )
        ) AS "organisation_id",
        "terms"."category_number" AS "category_number",
        "terms"."unit_number" AS "unit_number",
        "usage_records"."quantity" AS "quantity",
        CASE
          WHEN "terms"."credits_per_unit" IS NULL
          THEN FAIL(
            CONCAT(
              'the report is refused, ',
              'rate_missing',
              ': ',
              CONCAT(
                COALESCE(CAST('There is no credit rate for the category ''' AS VARCHAR), ''),
                COALESCE(CAST("usage_records"."category" AS VARCHAR), ''),
                COALESCE(CAST(''' in the unit ''' AS VARCHAR), ''),
                COALESCE(CAST("usage_records"."unit" AS VARCHAR), ''),
                COALESCE(CAST(''' on ' AS VARCHAR), ''),
                COALESCE(CAST(CAST("usage_records"."used_at" AS DATE) AS VARCHAR), ''),
                COALESCE(CAST('. Send one to credit_rates, of 0 if it is free.' AS VARCHAR), '')
              )
            )
          )
          ELSE "usage_records"."quantity" * "terms"."credits_per_unit"
        END AS "credits",
        "terms"."surcharge" AS "surcharge"
      FROM "usage_records_records" AS "usage_records"
      LEFT JOIN "terms" AS "terms"
        ON "terms"."category" = "usage_records"."category"
        AND "terms"."unit" = "usage_records"."unit"
        AND "terms"."day" = CAST("usage_records"."used_at" AS DATE)
      WHERE
        "usage_records"."used_at" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
        AND "usage_records"."used_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    ), "additions" AS (
      SELECT
        "records"."day" AS "day",
        "records"."organisation_id" AS "organisation_id",
        "records"."category_number" AS "category_number",
        "records"."unit_number" AS "unit_number",
        "records"."quantity" AS "quantity",
        "records"."credits" AS "credits",
        "records"."credits" * "records"."surcharge" AS "surcharge"
      FROM "records" AS "records"
      UNION ALL
      SELECT
        "shares"."day" AS "day",
        "shares"."organisation_id" AS "organisation_id",
        "moved"."category_number" AS "category_number",
        NULL AS "_col_3",
        NULL AS "_col_4",
        "moved"."sign" * "shares"."credits" AS "_col_5",
        COALESCE(LEAST("moved"."sign", 0), "moved"."sign", 0) * "shares"."credits" * "charged"."surcharge" AS "_col_6"
      FROM "shares" AS "shares"
      JOIN (
        SELECT DISTINCT
          "terms"."category" AS "category",
          "terms"."day" AS "day",
          "terms"."surcharge" AS "surcharge"
        FROM "terms" AS "terms"
      ) AS "charged"
        ON "charged"."category" = "shares"."category" AND "charged"."day" = "shares"."day"
      JOIN (
        SELECT DISTINCT
          "categories"."category" AS "category",
          "categories"."category_number" AS "category_number",
          -1 AS "sign"
        FROM "categories" AS "categories"
        UNION ALL
        SELECT DISTINCT
          "categories"."category" AS "category",
          0 AS "0",
          1 AS "1"
        FROM "categories" AS "categories"
      ) AS "moved"
        ON "moved"."category" = "shares"."category"
      WHERE
        "shares"."day" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
        AND "shares"."day" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
      UNION ALL
      SELECT
        CAST("series_4"."day" AS DATE) AS "day",
        "organisations"."id" AS "id",
        NULL AS "_col_2",
        NULL AS "_col_3",
        NULL AS "_col_4",
        0 AS "0",
        0 AS "0"
      FROM "organisations" AS "organisations"
      CROSS JOIN UNNEST(CASE
        WHEN CAST('2026-01-01 00:00:00' AS TIMESTAMP) <= CAST('2026-02-01 00:00:00' AS TIMESTAMP) - INTERVAL '1' DAY
        THEN SEQUENCE(
          CAST('2026-01-01 00:00:00' AS TIMESTAMP),
          CAST(CAST('2026-02-01 00:00:00' AS TIMESTAMP) - INTERVAL '1' DAY AS TIMESTAMP),
          INTERVAL '1' DAY
        )
      END) AS "series_4"("day")
    )
    SELECT
      "additions"."organisation_id" AS "organization id",
      "organisations"."name" AS "organization name",
      CAST(DATE_TRUNC('day', "additions"."day") AS DATE) AS "date",
      "additions"."credits" + "additions"."surcharge" AS "total credits",
      "additions"."category_number" AS "category_number",
      "additions"."unit_number" AS "unit_number",
      "additions"."quantity" AS "quantity",
      "additions"."credits" AS "credits"
    FROM "additions" AS "additions"
    LEFT JOIN "organisations" AS "organisations"
      ON "organisations"."id" = "additions"."organisation_id"
  ) AS "gathered"
  GROUP BY
    "gathered"."organization id",
    "gathered"."organization name",
    "gathered"."date"
)
SELECT
  "c0",
  "c1",
  "c2",
  "c3",
  "c4",
  "c5"
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
    CAST("v2" AS VARCHAR) AS "c2",
    CASE
      WHEN SUBSTR(TRIM(TRAILING '0' FROM CAST("v3" AS VARCHAR)), -1) = '.'
      THEN TRIM(TRAILING '0' FROM CAST("v3" AS VARCHAR)) || '0'
      ELSE TRIM(TRAILING '0' FROM CAST("v3" AS VARCHAR))
    END AS "c3",
    CASE
      WHEN SUBSTR(TRIM(TRAILING '0' FROM CAST("v4" AS VARCHAR)), -1) = '.'
      THEN TRIM(TRAILING '0' FROM CAST("v4" AS VARCHAR)) || '0'
      ELSE TRIM(TRAILING '0' FROM CAST("v4" AS VARCHAR))
    END AS "c4",
    CASE
      WHEN SUBSTR(TRIM(TRAILING '0' FROM CAST("v5" AS VARCHAR)), -1) = '.'
      THEN TRIM(TRAILING '0' FROM CAST("v5" AS VARCHAR)) || '0'
      ELSE TRIM(TRAILING '0' FROM CAST("v5" AS VARCHAR))
    END AS "c5"
  FROM (
    SELECT
      "report"."Organization ID" AS "v0",
      "report"."Organization Name" AS "v1",
      "report"."Date" AS "v2",
      "report"."Total Credits" AS "v3",
      "report"."p0" AS "v4",
      "report"."p1" AS "v5",
      "Date" AS "k0",
      "Organization ID" AS "k1"
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
    NULL
  FROM (
    SELECT
      JSON_FORMAT(CAST(ARRAY_AGG(ARRAY[CAST("n" AS VARCHAR)]) AS JSON)) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n"
      FROM "report"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1"
