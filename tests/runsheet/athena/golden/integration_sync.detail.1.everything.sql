WITH "sync_runs_recent" AS (
  SELECT
    "id",
    "scheduled_at",
    "sync_run_id",
    "integration_id",
    "integration_name",
    "connection_health",
    "credentials_expire_at",
    "cadence_seconds",
    "entity",
    "direction",
    "mode",
    "status",
    "started_at",
    "finished_at",
    "records_seen",
    "records_created",
    "records_updated",
    "records_deleted",
    "records_skipped",
    "records_failed",
    "error_code",
    "error_message",
    "retry_count",
    "_deleted",
    ARRAY_POSITION(ARRAY['dsf_2.parquet'], SUBSTR("$path", 37)) AS "file_index"
  FROM "sync_runs"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/sync_runs/org_1/live/dsf_2.parquet')
), "sync_runs_latest" AS (
  SELECT
    "id",
    MAX("file_index") AS "file_index"
  FROM "sync_runs_recent"
  GROUP BY
    "id"
), "sync_runs_records" AS (
  SELECT
    "base"."id",
    "base"."scheduled_at",
    "base"."sync_run_id",
    "base"."integration_id",
    "base"."integration_name",
    "base"."connection_health",
    "base"."credentials_expire_at",
    "base"."cadence_seconds",
    "base"."entity",
    "base"."direction",
    "base"."mode",
    "base"."status",
    "base"."started_at",
    "base"."finished_at",
    "base"."records_seen",
    "base"."records_created",
    "base"."records_updated",
    "base"."records_deleted",
    "base"."records_skipped",
    "base"."records_failed",
    "base"."error_code",
    "base"."error_message",
    "base"."retry_count"
  FROM "sync_runs" AS "base"
  LEFT JOIN "sync_runs_latest" AS "latest"
    ON "latest"."id" = "base"."id"
  WHERE
    "lake_organisation" = 'org_1'
    AND "lake_mode" = 'live'
    AND "$path" IN ('s3://lake/lake/sync_runs/org_1/live/dsf_1.parquet')
    AND "latest"."id" IS NULL
  UNION ALL
  SELECT
    "recent"."id",
    "recent"."scheduled_at",
    "recent"."sync_run_id",
    "recent"."integration_id",
    "recent"."integration_name",
    "recent"."connection_health",
    "recent"."credentials_expire_at",
    "recent"."cadence_seconds",
    "recent"."entity",
    "recent"."direction",
    "recent"."mode",
    "recent"."status",
    "recent"."started_at",
    "recent"."finished_at",
    "recent"."records_seen",
    "recent"."records_created",
    "recent"."records_updated",
    "recent"."records_deleted",
    "recent"."records_skipped",
    "recent"."records_failed",
    "recent"."error_code",
    "recent"."error_message",
    "recent"."retry_count"
  FROM "sync_runs_recent" AS "recent"
  JOIN "sync_runs_latest" AS "latest"
    ON "latest"."id" = "recent"."id" AND "latest"."file_index" = "recent"."file_index"
  WHERE
    "recent"."_deleted" IS DISTINCT FROM TRUE
), "report" AS (
  WITH "numbered" AS (
    SELECT
      "sync_runs"."id" AS "id",
      "sync_runs"."scheduled_at" AS "scheduled_at",
      "sync_runs"."sync_run_id" AS "sync_run_id",
      "sync_runs"."integration_id" AS "integration_id",
      "sync_runs"."integration_name" AS "integration_name",
      "sync_runs"."connection_health" AS "connection_health",
      "sync_runs"."credentials_expire_at" AS "credentials_expire_at",
      "sync_runs"."cadence_seconds" AS "cadence_seconds",
      "sync_runs"."entity" AS "entity",
      "sync_runs"."direction" AS "direction",
      "sync_runs"."mode" AS "mode",
      "sync_runs"."status" AS "status",
      "sync_runs"."started_at" AS "started_at",
      "sync_runs"."finished_at" AS "finished_at",
      "sync_runs"."records_seen" AS "records_seen",
      "sync_runs"."records_created" AS "records_created",
      "sync_runs"."records_updated" AS "records_updated",
      "sync_runs"."records_deleted" AS "records_deleted",
      "sync_runs"."records_skipped" AS "records_skipped",
      "sync_runs"."records_failed" AS "records_failed",
      "sync_runs"."error_code" AS "error_code",
      "sync_runs"."error_message" AS "error_message",
      "sync_runs"."retry_count" AS "retry_count",
      COALESCE("sync_runs"."finished_at", "sync_runs"."started_at", "sync_runs"."scheduled_at") AS "ended_at",
      ROW_NUMBER() OVER "stream" AS "age",
      CAST(DATE_DIFF(
        'MILLISECOND',
        LEAD("sync_runs"."scheduled_at") OVER "stream",
        "sync_runs"."scheduled_at"
      ) AS DOUBLE) / 1000 AS "gap_seconds"
    FROM "sync_runs_records" AS "sync_runs"
    WHERE
      "sync_runs"."scheduled_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    WINDOW "stream" AS (
      PARTITION BY "sync_runs"."integration_id", "sync_runs"."entity", "sync_runs"."direction"
      ORDER BY "sync_runs"."scheduled_at" DESC, "sync_runs"."id" DESC
    )
  ), "streams" AS (
    SELECT
      "numbered"."integration_id" AS "integration_id",
      "numbered"."entity" AS "entity",
      "numbered"."direction" AS "direction",
      MAX("numbered"."integration_name") FILTER(WHERE
        "numbered"."age" = 1) AS "integration_name",
      MAX("numbered"."connection_health") FILTER(WHERE
        "numbered"."age" = 1) AS "connection_health",
      MAX("numbered"."credentials_expire_at") FILTER(WHERE
        "numbered"."age" = 1) AS "credentials_expire_at",
      COALESCE(
        MAX("numbered"."cadence_seconds") FILTER(WHERE
          "numbered"."age" = 1),
        (
          ELEMENT_AT(
            ARRAY_SORT(
              ARRAY_AGG("numbered"."gap_seconds") FILTER(WHERE
                NOT "numbered"."gap_seconds" IS NULL)
            ),
            CAST(FLOOR(
              (
                CARDINALITY(
                  ARRAY_SORT(
                    ARRAY_AGG("numbered"."gap_seconds") FILTER(WHERE
                      NOT "numbered"."gap_seconds" IS NULL)
                  )
                ) + 1
              ) / 2.0
            ) AS BIGINT)
          ) + ELEMENT_AT(
            ARRAY_SORT(
              ARRAY_AGG("numbered"."gap_seconds") FILTER(WHERE
                NOT "numbered"."gap_seconds" IS NULL)
            ),
            CAST(FLOOR(
              (
                CARDINALITY(
                  ARRAY_SORT(
                    ARRAY_AGG("numbered"."gap_seconds") FILTER(WHERE
                      NOT "numbered"."gap_seconds" IS NULL)
                  )
                ) + 2
              ) / 2.0
            ) AS BIGINT)
          )
        ) / 2
      ) AS "cadence_seconds",
      MIN("numbered"."scheduled_at") AS "first_scheduled_at",
      MAX("numbered"."scheduled_at") AS "last_scheduled_at",
      MAX("numbered"."ended_at") FILTER(WHERE
        "numbered"."status" = 'succeeded'
        AND "numbered"."ended_at" < CAST('2026-02-01 00:00:00' AS TIMESTAMP)) AS "last_success_at"
    FROM "numbered" AS "numbered"
    GROUP BY
      "numbered"."integration_id",
      "numbered"."entity",
      "numbered"."direction"
  ), "runs" AS (
    SELECT
      "numbered"."id" AS "id",
      "numbered"."scheduled_at" AS "scheduled_at",
      "numbered"."sync_run_id" AS "sync_run_id",
      "numbered"."integration_id" AS "integration_id",
      "numbered"."entity" AS "entity",
      "numbered"."direction" AS "direction",
      "numbered"."mode" AS "mode",
      "numbered"."status" AS "status",
      "numbered"."started_at" AS "started_at",
      "numbered"."finished_at" AS "finished_at",
      "numbered"."records_seen" AS "records_seen",
      "numbered"."records_created" AS "records_created",
      "numbered"."records_updated" AS "records_updated",
      "numbered"."records_deleted" AS "records_deleted",
      "numbered"."records_skipped" AS "records_skipped",
      "numbered"."records_failed" AS "records_failed",
      "numbered"."error_code" AS "error_code",
      "numbered"."error_message" AS "error_message",
      "numbered"."retry_count" AS "retry_count"
    FROM "numbered" AS "numbered"
    WHERE
      "numbered"."scheduled_at" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP)
  )
  SELECT
    "streams"."integration_id" AS "integration_id",
    "streams"."integration_name" AS "integration_name",
    "streams"."connection_health" AS "connection_health",
    "runs"."sync_run_id" AS "sync_run_id",
    "streams"."entity" AS "entity",
    "streams"."direction" AS "direction",
    "runs"."mode" AS "mode",
    COALESCE("runs"."status", 'no_run') AS "status",
    (
      CASE
        WHEN (
          "runs"."scheduled_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(
            FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("runs"."scheduled_at") >= "start")
          )],
          (
            "runs"."scheduled_at"
          )
        )
        ELSE (
          "runs"."scheduled_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "scheduled_at",
    (
      CASE
        WHEN (
          "runs"."started_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("runs"."started_at") >= "start"))],
          (
            "runs"."started_at"
          )
        )
        ELSE (
          "runs"."started_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "started_at",
    (
      CASE
        WHEN (
          "runs"."finished_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(
            FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("runs"."finished_at") >= "start")
          )],
          (
            "runs"."finished_at"
          )
        )
        ELSE (
          "runs"."finished_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "finished_at",
    DATE_DIFF('SECOND', "runs"."started_at", "runs"."finished_at") AS "duration_seconds",
    "runs"."records_seen" AS "records_seen",
    "runs"."records_created" AS "records_created",
    "runs"."records_updated" AS "records_updated",
    "runs"."records_deleted" AS "records_deleted",
    "runs"."records_skipped" AS "records_skipped",
    "runs"."records_failed" AS "records_failed",
    "runs"."error_code" AS "error_code",
    SUBSTR(TRIM(' ' FROM REGEXP_REPLACE("runs"."error_message", '[\t\n\f\r ]+', ' ')), 1, 200) AS "error_message",
    "runs"."retry_count" AS "retry_count",
    (
      CASE
        WHEN (
          "streams"."last_success_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(
            FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("streams"."last_success_at") >= "start")
          )],
          (
            "streams"."last_success_at"
          )
        )
        ELSE (
          "streams"."last_success_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "last_success_at",
    CAST(DATE_DIFF(
      'MILLISECOND',
      COALESCE("streams"."last_success_at", "streams"."first_scheduled_at"),
      CAST('2026-02-01 00:00:00' AS TIMESTAMP)
    ) AS DOUBLE) / 1000 > 3 * "streams"."cadence_seconds" AS "stale",
    (
      CASE
        WHEN (
          "streams"."credentials_expire_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(
            FILTER(
              ARRAY[504901800],
              "start" -> TO_UNIXTIME("streams"."credentials_expire_at") >= "start"
            )
          )],
          (
            "streams"."credentials_expire_at"
          )
        )
        ELSE (
          "streams"."credentials_expire_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "credentials_expire_at"
  FROM "streams" AS "streams"
  LEFT JOIN "runs" AS "runs"
    ON "runs"."integration_id" = "streams"."integration_id"
    AND "runs"."entity" = "streams"."entity"
    AND "runs"."direction" = "streams"."direction"
  WHERE
    NOT "runs"."id" IS NULL
    OR "streams"."last_scheduled_at" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP) - INTERVAL '90' DAY
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
  "c23"
FROM (
  SELECT
    0 AS "part",
    "k0",
    "k1",
    "k2",
    "k3",
    "k4",
    "k5",
    "k6",
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
    DATE_FORMAT("v8", '%Y-%m-%d %T') AS "c8",
    DATE_FORMAT("v9", '%Y-%m-%d %T') AS "c9",
    DATE_FORMAT("v10", '%Y-%m-%d %T') AS "c10",
    CAST("v11" AS VARCHAR) AS "c11",
    CAST("v12" AS VARCHAR) AS "c12",
    CAST("v13" AS VARCHAR) AS "c13",
    CAST("v14" AS VARCHAR) AS "c14",
    CAST("v15" AS VARCHAR) AS "c15",
    CAST("v16" AS VARCHAR) AS "c16",
    CAST("v17" AS VARCHAR) AS "c17",
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
    CAST("v20" AS VARCHAR) AS "c20",
    DATE_FORMAT("v21", '%Y-%m-%d %T') AS "c21",
    CAST("v22" AS VARCHAR) AS "c22",
    DATE_FORMAT("v23", '%Y-%m-%d %T') AS "c23"
  FROM (
    SELECT
      "report"."integration_id" AS "v0",
      "report"."integration_name" AS "v1",
      "report"."connection_health" AS "v2",
      "report"."sync_run_id" AS "v3",
      "report"."entity" AS "v4",
      "report"."direction" AS "v5",
      "report"."mode" AS "v6",
      "report"."status" AS "v7",
      "report"."scheduled_at" AS "v8",
      "report"."started_at" AS "v9",
      "report"."finished_at" AS "v10",
      "report"."duration_seconds" AS "v11",
      "report"."records_seen" AS "v12",
      "report"."records_created" AS "v13",
      "report"."records_updated" AS "v14",
      "report"."records_deleted" AS "v15",
      "report"."records_skipped" AS "v16",
      "report"."records_failed" AS "v17",
      "report"."error_code" AS "v18",
      "report"."error_message" AS "v19",
      "report"."retry_count" AS "v20",
      "report"."last_success_at" AS "v21",
      "report"."stale" AS "v22",
      "report"."credentials_expire_at" AS "v23",
      "integration_name" AS "k0",
      "integration_id" AS "k1",
      "entity" AS "k2",
      "direction" AS "k3",
      "scheduled_at" AS "k4",
      "sync_run_id" AS "k5",
      "started_at" AS "k6"
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
  "k1",
  "k2",
  "k3",
  "k4",
  "k5",
  "k6"
