-- ? = 'usd'
-- ? = 'charge'
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
    "regulatory_tag",
    "automatic_payout_id",
    "automatic_payout_effective_at",
    "customer_id",
    "customer_email",
    "customer_name",
    "customer_description",
    "customer_shipping_address_line1",
    "customer_shipping_address_line2",
    "customer_shipping_address_city",
    "customer_shipping_address_state",
    "customer_shipping_address_postal_code",
    "customer_shipping_address_country",
    "customer_address_line1",
    "customer_address_line2",
    "customer_address_city",
    "customer_address_state",
    "customer_address_postal_code",
    "customer_address_country",
    "shipping_address_line1",
    "shipping_address_line2",
    "shipping_address_city",
    "shipping_address_state",
    "shipping_address_postal_code",
    "shipping_address_country",
    "card_address_line1",
    "card_address_line2",
    "card_address_city",
    "card_address_state",
    "card_address_postal_code",
    "card_address_country",
    "charge_id",
    "payment_intent_id",
    "invoice_id",
    "invoice_number",
    "subscription_id",
    "payment_method_type",
    "is_link",
    "card_brand",
    "card_funding",
    "card_country",
    "statement_descriptor",
    "connected_account_id",
    "connected_account_name",
    "connected_account_country",
    "connected_account_direct_charge_id",
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
      "base"."regulatory_tag",
      "base"."automatic_payout_id",
      "base"."automatic_payout_effective_at",
      "base"."customer_id",
      "base"."customer_email",
      "base"."customer_name",
      "base"."customer_description",
      "base"."customer_shipping_address_line1",
      "base"."customer_shipping_address_line2",
      "base"."customer_shipping_address_city",
      "base"."customer_shipping_address_state",
      "base"."customer_shipping_address_postal_code",
      "base"."customer_shipping_address_country",
      "base"."customer_address_line1",
      "base"."customer_address_line2",
      "base"."customer_address_city",
      "base"."customer_address_state",
      "base"."customer_address_postal_code",
      "base"."customer_address_country",
      "base"."shipping_address_line1",
      "base"."shipping_address_line2",
      "base"."shipping_address_city",
      "base"."shipping_address_state",
      "base"."shipping_address_postal_code",
      "base"."shipping_address_country",
      "base"."card_address_line1",
      "base"."card_address_line2",
      "base"."card_address_city",
      "base"."card_address_state",
      "base"."card_address_postal_code",
      "base"."card_address_country",
      "base"."charge_id",
      "base"."payment_intent_id",
      "base"."invoice_id",
      "base"."invoice_number",
      "base"."subscription_id",
      "base"."payment_method_type",
      "base"."is_link",
      "base"."card_brand",
      "base"."card_funding",
      "base"."card_country",
      "base"."statement_descriptor",
      "base"."connected_account_id",
      "base"."connected_account_name",
      "base"."connected_account_country",
      "base"."connected_account_direct_charge_id",
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
      "recent"."regulatory_tag",
      "recent"."automatic_payout_id",
      "recent"."automatic_payout_effective_at",
      "recent"."customer_id",
      "recent"."customer_email",
      "recent"."customer_name",
      "recent"."customer_description",
      "recent"."customer_shipping_address_line1",
      "recent"."customer_shipping_address_line2",
      "recent"."customer_shipping_address_city",
      "recent"."customer_shipping_address_state",
      "recent"."customer_shipping_address_postal_code",
      "recent"."customer_shipping_address_country",
      "recent"."customer_address_line1",
      "recent"."customer_address_line2",
      "recent"."customer_address_city",
      "recent"."customer_address_state",
      "recent"."customer_address_postal_code",
      "recent"."customer_address_country",
      "recent"."shipping_address_line1",
      "recent"."shipping_address_line2",
      "recent"."shipping_address_city",
      "recent"."shipping_address_state",
      "recent"."shipping_address_postal_code",
      "recent"."shipping_address_country",
      "recent"."card_address_line1",
      "recent"."card_address_line2",
      "recent"."card_address_city",
      "recent"."card_address_state",
      "recent"."card_address_postal_code",
      "recent"."card_address_country",
      "recent"."charge_id",
      "recent"."payment_intent_id",
      "recent"."invoice_id",
      "recent"."invoice_number",
      "recent"."subscription_id",
      "recent"."payment_method_type",
      "recent"."is_link",
      "recent"."card_brand",
      "recent"."card_funding",
      "recent"."card_country",
      "recent"."statement_descriptor",
      "recent"."connected_account_id",
      "recent"."connected_account_name",
      "recent"."connected_account_country",
      "recent"."connected_account_direct_charge_id",
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
    "balance_transactions"."regulatory_tag" AS "regulatory_tag",
    "balance_transactions"."automatic_payout_id" AS "automatic_payout_id",
    "balance_transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
    "balance_transactions"."customer_id" AS "customer_id",
    "balance_transactions"."customer_email" AS "customer_email",
    "balance_transactions"."customer_name" AS "customer_name",
    "balance_transactions"."customer_description" AS "customer_description",
    "balance_transactions"."customer_shipping_address_line1" AS "customer_shipping_address_line1",
    "balance_transactions"."customer_shipping_address_line2" AS "customer_shipping_address_line2",
    "balance_transactions"."customer_shipping_address_city" AS "customer_shipping_address_city",
    "balance_transactions"."customer_shipping_address_state" AS "customer_shipping_address_state",
    "balance_transactions"."customer_shipping_address_postal_code" AS "customer_shipping_address_postal_code",
    "balance_transactions"."customer_shipping_address_country" AS "customer_shipping_address_country",
    "balance_transactions"."customer_address_line1" AS "customer_address_line1",
    "balance_transactions"."customer_address_line2" AS "customer_address_line2",
    "balance_transactions"."customer_address_city" AS "customer_address_city",
    "balance_transactions"."customer_address_state" AS "customer_address_state",
    "balance_transactions"."customer_address_postal_code" AS "customer_address_postal_code",
    "balance_transactions"."customer_address_country" AS "customer_address_country",
    "balance_transactions"."shipping_address_line1" AS "shipping_address_line1",
    "balance_transactions"."shipping_address_line2" AS "shipping_address_line2",
    "balance_transactions"."shipping_address_city" AS "shipping_address_city",
    "balance_transactions"."shipping_address_state" AS "shipping_address_state",
    "balance_transactions"."shipping_address_postal_code" AS "shipping_address_postal_code",
    "balance_transactions"."shipping_address_country" AS "shipping_address_country",
    "balance_transactions"."card_address_line1" AS "card_address_line1",
    "balance_transactions"."card_address_line2" AS "card_address_line2",
    "balance_transactions"."card_address_city" AS "card_address_city",
    "balance_transactions"."card_address_state" AS "card_address_state",
    "balance_transactions"."card_address_postal_code" AS "card_address_postal_code",
    "balance_transactions"."card_address_country" AS "card_address_country",
    "balance_transactions"."charge_id" AS "charge_id",
    "balance_transactions"."payment_intent_id" AS "payment_intent_id",
    "balance_transactions"."invoice_id" AS "invoice_id",
    "balance_transactions"."invoice_number" AS "invoice_number",
    "balance_transactions"."subscription_id" AS "subscription_id",
    "balance_transactions"."payment_method_type" AS "payment_method_type",
    "balance_transactions"."is_link" AS "is_link",
    "balance_transactions"."card_brand" AS "card_brand",
    "balance_transactions"."card_funding" AS "card_funding",
    "balance_transactions"."card_country" AS "card_country",
    "balance_transactions"."statement_descriptor" AS "statement_descriptor",
    "balance_transactions"."connected_account_id" AS "connected_account_id",
    "balance_transactions"."connected_account_name" AS "connected_account_name",
    "balance_transactions"."connected_account_country" AS "connected_account_country",
    "balance_transactions"."connected_account_direct_charge_id" AS "connected_account_direct_charge_id",
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
    "described"."regulatory_tag" AS "regulatory_tag",
    "described"."automatic_payout_id" AS "automatic_payout_id",
    "described"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
    "described"."customer_id" AS "customer_id",
    "described"."customer_email" AS "customer_email",
    "described"."customer_name" AS "customer_name",
    "described"."customer_description" AS "customer_description",
    "described"."customer_shipping_address_line1" AS "customer_shipping_address_line1",
    "described"."customer_shipping_address_line2" AS "customer_shipping_address_line2",
    "described"."customer_shipping_address_city" AS "customer_shipping_address_city",
    "described"."customer_shipping_address_state" AS "customer_shipping_address_state",
    "described"."customer_shipping_address_postal_code" AS "customer_shipping_address_postal_code",
    "described"."customer_shipping_address_country" AS "customer_shipping_address_country",
    "described"."customer_address_line1" AS "customer_address_line1",
    "described"."customer_address_line2" AS "customer_address_line2",
    "described"."customer_address_city" AS "customer_address_city",
    "described"."customer_address_state" AS "customer_address_state",
    "described"."customer_address_postal_code" AS "customer_address_postal_code",
    "described"."customer_address_country" AS "customer_address_country",
    "described"."shipping_address_line1" AS "shipping_address_line1",
    "described"."shipping_address_line2" AS "shipping_address_line2",
    "described"."shipping_address_city" AS "shipping_address_city",
    "described"."shipping_address_state" AS "shipping_address_state",
    "described"."shipping_address_postal_code" AS "shipping_address_postal_code",
    "described"."shipping_address_country" AS "shipping_address_country",
    "described"."card_address_line1" AS "card_address_line1",
    "described"."card_address_line2" AS "card_address_line2",
    "described"."card_address_city" AS "card_address_city",
    "described"."card_address_state" AS "card_address_state",
    "described"."card_address_postal_code" AS "card_address_postal_code",
    "described"."card_address_country" AS "card_address_country",
    "described"."charge_id" AS "charge_id",
    "described"."payment_intent_id" AS "payment_intent_id",
    "described"."invoice_id" AS "invoice_id",
    "described"."invoice_number" AS "invoice_number",
    "described"."subscription_id" AS "subscription_id",
    "described"."payment_method_type" AS "payment_method_type",
    "described"."is_link" AS "is_link",
    "described"."card_brand" AS "card_brand",
    "described"."card_funding" AS "card_funding",
    "described"."card_country" AS "card_country",
    "described"."statement_descriptor" AS "statement_descriptor",
    "described"."connected_account_id" AS "connected_account_id",
    "described"."connected_account_name" AS "connected_account_name",
    "described"."connected_account_country" AS "connected_account_country",
    "described"."connected_account_direct_charge_id" AS "connected_account_direct_charge_id",
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
    "dated"."regulatory_tag" AS "regulatory_tag",
    "dated"."automatic_payout_id" AS "automatic_payout_id",
    "dated"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
    "dated"."customer_id" AS "customer_id",
    "dated"."customer_email" AS "customer_email",
    "dated"."customer_name" AS "customer_name",
    "dated"."customer_description" AS "customer_description",
    "dated"."customer_shipping_address_line1" AS "customer_shipping_address_line1",
    "dated"."customer_shipping_address_line2" AS "customer_shipping_address_line2",
    "dated"."customer_shipping_address_city" AS "customer_shipping_address_city",
    "dated"."customer_shipping_address_state" AS "customer_shipping_address_state",
    "dated"."customer_shipping_address_postal_code" AS "customer_shipping_address_postal_code",
    "dated"."customer_shipping_address_country" AS "customer_shipping_address_country",
    "dated"."customer_address_line1" AS "customer_address_line1",
    "dated"."customer_address_line2" AS "customer_address_line2",
    "dated"."customer_address_city" AS "customer_address_city",
    "dated"."customer_address_state" AS "customer_address_state",
    "dated"."customer_address_postal_code" AS "customer_address_postal_code",
    "dated"."customer_address_country" AS "customer_address_country",
    "dated"."shipping_address_line1" AS "shipping_address_line1",
    "dated"."shipping_address_line2" AS "shipping_address_line2",
    "dated"."shipping_address_city" AS "shipping_address_city",
    "dated"."shipping_address_state" AS "shipping_address_state",
    "dated"."shipping_address_postal_code" AS "shipping_address_postal_code",
    "dated"."shipping_address_country" AS "shipping_address_country",
    "dated"."card_address_line1" AS "card_address_line1",
    "dated"."card_address_line2" AS "card_address_line2",
    "dated"."card_address_city" AS "card_address_city",
    "dated"."card_address_state" AS "card_address_state",
    "dated"."card_address_postal_code" AS "card_address_postal_code",
    "dated"."card_address_country" AS "card_address_country",
    "dated"."charge_id" AS "charge_id",
    "dated"."payment_intent_id" AS "payment_intent_id",
    "dated"."invoice_id" AS "invoice_id",
    "dated"."invoice_number" AS "invoice_number",
    "dated"."subscription_id" AS "subscription_id",
    "dated"."payment_method_type" AS "payment_method_type",
    "dated"."is_link" AS "is_link",
    "dated"."card_brand" AS "card_brand",
    "dated"."card_funding" AS "card_funding",
    "dated"."card_country" AS "card_country",
    "dated"."statement_descriptor" AS "statement_descriptor",
    "dated"."connected_account_id" AS "connected_account_id",
    "dated"."connected_account_name" AS "connected_account_name",
    "dated"."connected_account_country" AS "connected_account_country",
    "dated"."connected_account_direct_charge_id" AS "connected_account_direct_charge_id",
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
    AND (
      "dated"."currency" = ?
    )
    AND (
      "dated"."reporting_category" = ?
    )
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
      "transactions"."regulatory_tag" AS "regulatory_tag",
      "transactions"."automatic_payout_id" AS "automatic_payout_id",
      "transactions"."automatic_payout_effective_at" AS "automatic_payout_effective_at",
      "transactions"."customer_id" AS "customer_id",
      "transactions"."customer_email" AS "customer_email",
      "transactions"."customer_name" AS "customer_name",
      "transactions"."customer_description" AS "customer_description",
      "transactions"."customer_shipping_address_line1" AS "customer_shipping_address_line1",
      "transactions"."customer_shipping_address_line2" AS "customer_shipping_address_line2",
      "transactions"."customer_shipping_address_city" AS "customer_shipping_address_city",
      "transactions"."customer_shipping_address_state" AS "customer_shipping_address_state",
      "transactions"."customer_shipping_address_postal_code" AS "customer_shipping_address_postal_code",
      "transactions"."customer_shipping_address_country" AS "customer_shipping_address_country",
      "transactions"."customer_address_line1" AS "customer_address_line1",
      "transactions"."customer_address_line2" AS "customer_address_line2",
      "transactions"."customer_address_city" AS "customer_address_city",
      "transactions"."customer_address_state" AS "customer_address_state",
      "transactions"."customer_address_postal_code" AS "customer_address_postal_code",
      "transactions"."customer_address_country" AS "customer_address_country",
      "transactions"."shipping_address_line1" AS "shipping_address_line1",
      "transactions"."shipping_address_line2" AS "shipping_address_line2",
      "transactions"."shipping_address_city" AS "shipping_address_city",
      "transactions"."shipping_address_state" AS "shipping_address_state",
      "transactions"."shipping_address_postal_code" AS "shipping_address_postal_code",
      "transactions"."shipping_address_country" AS "shipping_address_country",
      "transactions"."card_address_line1" AS "card_address_line1",
      "transactions"."card_address_line2" AS "card_address_line2",
      "transactions"."card_address_city" AS "card_address_city",
      "transactions"."card_address_state" AS "card_address_state",
      "transactions"."card_address_postal_code" AS "card_address_postal_code",
      "transactions"."card_address_country" AS "card_address_country",
      "transactions"."charge_id" AS "charge_id",
      "transactions"."payment_intent_id" AS "payment_intent_id",
      "transactions"."invoice_id" AS "invoice_id",
      "transactions"."invoice_number" AS "invoice_number",
      "transactions"."subscription_id" AS "subscription_id",
      "transactions"."payment_method_type" AS "payment_method_type",
      "transactions"."is_link" AS "is_link",
      "transactions"."card_brand" AS "card_brand",
      "transactions"."card_funding" AS "card_funding",
      "transactions"."card_country" AS "card_country",
      "transactions"."statement_descriptor" AS "statement_descriptor",
      "transactions"."connected_account_id" AS "connected_account_id",
      "transactions"."connected_account_name" AS "connected_account_name",
      "transactions"."connected_account_country" AS "connected_account_country",
      "transactions"."connected_account_direct_charge_id" AS "connected_account_direct_charge_id",
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
    (
      CASE
        WHEN (
          "lines"."created"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("lines"."created") >= "start"))],
          (
            "lines"."created"
          )
        )
        ELSE (
          "lines"."created"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "balance_transaction_created_at",
    "lines"."reporting_category" AS "balance_transaction_reporting_category",
    "lines"."line_component" AS "balance_transaction_component",
    "lines"."regulatory_tag" AS "balance_transaction_regulatory_tag",
    (
      CASE
        WHEN (
          "lines"."activity_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(
            FILTER(ARRAY[504901800], "start" -> TO_UNIXTIME("lines"."activity_at") >= "start")
          )],
          (
            "lines"."activity_at"
          )
        )
        ELSE (
          "lines"."activity_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "activity_at",
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
    "lines"."invoice_number" AS "invoice_number",
    "lines"."subscription_id" AS "subscription_id",
    CASE WHEN "lines"."is_fee" THEN "lines"."source_id" END AS "fee_id",
    CASE WHEN "lines"."is_transfer" THEN "lines"."source_id" END AS "transfer_id",
    CASE
      WHEN "lines"."is_transfer" OR NOT "lines"."destination_payment_id" IS NULL
      THEN "lines"."connected_account_id"
    END AS "destination_id",
    "lines"."customer_id" AS "customer_id",
    "lines"."customer_email" AS "customer_email",
    "lines"."customer_name" AS "customer_name",
    "lines"."customer_description" AS "customer_description",
    "lines"."customer_shipping_address_line1" AS "customer_shipping_address_line1",
    "lines"."customer_shipping_address_line2" AS "customer_shipping_address_line2",
    "lines"."customer_shipping_address_city" AS "customer_shipping_address_city",
    "lines"."customer_shipping_address_state" AS "customer_shipping_address_state",
    "lines"."customer_shipping_address_postal_code" AS "customer_shipping_address_postal_code",
    "lines"."customer_shipping_address_country" AS "customer_shipping_address_country",
    "lines"."customer_address_line1" AS "customer_address_line1",
    "lines"."customer_address_line2" AS "customer_address_line2",
    "lines"."customer_address_city" AS "customer_address_city",
    "lines"."customer_address_state" AS "customer_address_state",
    "lines"."customer_address_postal_code" AS "customer_address_postal_code",
    "lines"."customer_address_country" AS "customer_address_country",
    "lines"."shipping_address_line1" AS "shipping_address_line1",
    "lines"."shipping_address_line2" AS "shipping_address_line2",
    "lines"."shipping_address_city" AS "shipping_address_city",
    "lines"."shipping_address_state" AS "shipping_address_state",
    "lines"."shipping_address_postal_code" AS "shipping_address_postal_code",
    "lines"."shipping_address_country" AS "shipping_address_country",
    "lines"."card_address_line1" AS "card_address_line1",
    "lines"."card_address_line2" AS "card_address_line2",
    "lines"."card_address_city" AS "card_address_city",
    "lines"."card_address_state" AS "card_address_state",
    "lines"."card_address_postal_code" AS "card_address_postal_code",
    "lines"."card_address_country" AS "card_address_country",
    "lines"."automatic_payout_id" AS "automatic_payout_id",
    (
      CASE
        WHEN (
          "lines"."automatic_payout_effective_at"
        ) < CAST('1985-12-31 18:30:00' AS TIMESTAMP)
        THEN DATE_ADD(
          'second',
          ARRAY[19800, 20700][1 + CARDINALITY(
            FILTER(
              ARRAY[504901800],
              "start" -> TO_UNIXTIME("lines"."automatic_payout_effective_at") >= "start"
            )
          )],
          (
            "lines"."automatic_payout_effective_at"
          )
        )
        ELSE (
          "lines"."automatic_payout_effective_at"
        ) + INTERVAL '20700' SECOND
      END
    ) AS "automatic_payout_effective_at",
    CASE
      WHEN "lines"."reporting_category" = 'charge'
      OR "lines"."reporting_category" = 'partial_capture_reversal'
      THEN 'charge_captured'
      ELSE "lines"."reporting_category"
    END AS "event_type",
    "lines"."payment_method_type" AS "payment_method_type",
    "lines"."is_link" AS "is_link",
    "lines"."card_brand" AS "card_brand",
    "lines"."card_funding" AS "card_funding",
    "lines"."card_country" AS "card_country",
    "lines"."statement_descriptor" AS "statement_descriptor",
    CASE WHEN "lines"."line_position" = 1 THEN "lines"."customer_facing_currency" END AS "customer_facing_currency",
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
    "lines"."connected_account_id" AS "connected_account_id",
    "lines"."connected_account_name" AS "connected_account_name",
    "lines"."connected_account_country" AS "connected_account_country",
    "lines"."connected_account_direct_charge_id" AS "connected_account_direct_charge_id",
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
  "c36",
  "c37",
  "c38",
  "c39",
  "c40",
  "c41",
  "c42",
  "c43",
  "c44",
  "c45",
  "c46",
  "c47",
  "c48",
  "c49",
  "c50",
  "c51",
  "c52",
  "c53",
  "c54",
  "c55",
  "c56",
  "c57",
  "c58",
  "c59",
  "c60",
  "c61",
  "c62",
  "c63",
  "c64"
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
    CASE
      WHEN "v4" = ''
      THEN NULL
      WHEN SUBSTR("v4", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v4"
      ELSE "v4"
    END AS "c4",
    DATE_FORMAT("v5", '%Y-%m-%d %T') AS "c5",
    CASE
      WHEN "v6" = ''
      THEN NULL
      WHEN SUBSTR("v6", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v6"
      ELSE "v6"
    END AS "c6",
    REPLACE(
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
      END,
      '.',
      ','
    ) AS "c7",
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
    CASE
      WHEN "v28" = ''
      THEN NULL
      WHEN SUBSTR("v28", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v28"
      ELSE "v28"
    END AS "c28",
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
    CASE
      WHEN "v32" = ''
      THEN NULL
      WHEN SUBSTR("v32", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v32"
      ELSE "v32"
    END AS "c32",
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
    END AS "c36",
    CASE
      WHEN "v37" = ''
      THEN NULL
      WHEN SUBSTR("v37", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v37"
      ELSE "v37"
    END AS "c37",
    CASE
      WHEN "v38" = ''
      THEN NULL
      WHEN SUBSTR("v38", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v38"
      ELSE "v38"
    END AS "c38",
    CASE
      WHEN "v39" = ''
      THEN NULL
      WHEN SUBSTR("v39", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v39"
      ELSE "v39"
    END AS "c39",
    CASE
      WHEN "v40" = ''
      THEN NULL
      WHEN SUBSTR("v40", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v40"
      ELSE "v40"
    END AS "c40",
    CASE
      WHEN "v41" = ''
      THEN NULL
      WHEN SUBSTR("v41", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v41"
      ELSE "v41"
    END AS "c41",
    CASE
      WHEN "v42" = ''
      THEN NULL
      WHEN SUBSTR("v42", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v42"
      ELSE "v42"
    END AS "c42",
    CASE
      WHEN "v43" = ''
      THEN NULL
      WHEN SUBSTR("v43", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v43"
      ELSE "v43"
    END AS "c43",
    CASE
      WHEN "v44" = ''
      THEN NULL
      WHEN SUBSTR("v44", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v44"
      ELSE "v44"
    END AS "c44",
    CASE
      WHEN "v45" = ''
      THEN NULL
      WHEN SUBSTR("v45", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v45"
      ELSE "v45"
    END AS "c45",
    CASE
      WHEN "v46" = ''
      THEN NULL
      WHEN SUBSTR("v46", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v46"
      ELSE "v46"
    END AS "c46",
    DATE_FORMAT("v47", '%Y-%m-%d %T') AS "c47",
    CASE
      WHEN "v48" = ''
      THEN NULL
      WHEN SUBSTR("v48", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v48"
      ELSE "v48"
    END AS "c48",
    CASE
      WHEN "v49" = ''
      THEN NULL
      WHEN SUBSTR("v49", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v49"
      ELSE "v49"
    END AS "c49",
    CAST("v50" AS VARCHAR) AS "c50",
    CASE
      WHEN "v51" = ''
      THEN NULL
      WHEN SUBSTR("v51", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v51"
      ELSE "v51"
    END AS "c51",
    CASE
      WHEN "v52" = ''
      THEN NULL
      WHEN SUBSTR("v52", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v52"
      ELSE "v52"
    END AS "c52",
    CASE
      WHEN "v53" = ''
      THEN NULL
      WHEN SUBSTR("v53", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v53"
      ELSE "v53"
    END AS "c53",
    CASE
      WHEN "v54" = ''
      THEN NULL
      WHEN SUBSTR("v54", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v54"
      ELSE "v54"
    END AS "c54",
    CASE
      WHEN "v55" = ''
      THEN NULL
      WHEN SUBSTR("v55", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v55"
      ELSE "v55"
    END AS "c55",
    REPLACE(
      CASE
        WHEN "v56"."currency" IN (
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
        THEN CAST("v56"."minor" AS VARCHAR)
        WHEN "v56"."currency" IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd')
        THEN CAST("v56"."minor" * CAST('0.001' AS DECIMAL(3, 3)) AS VARCHAR)
        WHEN "v56"."currency" IN ('clf', 'uyw')
        THEN CAST("v56"."minor" * CAST('0.0001' AS DECIMAL(4, 4)) AS VARCHAR)
        ELSE CAST("v56"."minor" * CAST('0.01' AS DECIMAL(2, 2)) AS VARCHAR)
      END,
      '.',
      ','
    ) AS "c56",
    CASE
      WHEN "v57" = ''
      THEN NULL
      WHEN SUBSTR("v57", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v57"
      ELSE "v57"
    END AS "c57",
    CAST("v58" AS VARCHAR) AS "c58",
    CAST("v59" AS VARCHAR) AS "c59",
    CASE
      WHEN "v60" = ''
      THEN NULL
      WHEN SUBSTR("v60", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v60"
      ELSE "v60"
    END AS "c60",
    CASE
      WHEN "v61" = ''
      THEN NULL
      WHEN SUBSTR("v61", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v61"
      ELSE "v61"
    END AS "c61",
    CASE
      WHEN "v62" = ''
      THEN NULL
      WHEN SUBSTR("v62", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v62"
      ELSE "v62"
    END AS "c62",
    CASE
      WHEN "v63" = ''
      THEN NULL
      WHEN SUBSTR("v63", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v63"
      ELSE "v63"
    END AS "c63",
    CASE
      WHEN "v64" = ''
      THEN NULL
      WHEN SUBSTR("v64", 1, 1) IN ('=', '+', '-', '@', CHR(  9), CHR(  10), CHR(  13), '＝', '＋', '－', '＠')
      THEN '''' || "v64"
      ELSE "v64"
    END AS "c64"
  FROM (
    SELECT
      "report"."balance_transaction_id" AS "v0",
      "report"."balance_transaction_created_at" AS "v1",
      "report"."balance_transaction_reporting_category" AS "v2",
      "report"."balance_transaction_component" AS "v3",
      "report"."balance_transaction_regulatory_tag" AS "v4",
      "report"."activity_at" AS "v5",
      "report"."currency" AS "v6",
      "report"."amount" AS "v7",
      "report"."charge_id" AS "v8",
      "report"."payment_intent_id" AS "v9",
      "report"."refund_id" AS "v10",
      "report"."dispute_id" AS "v11",
      "report"."invoice_id" AS "v12",
      "report"."invoice_number" AS "v13",
      "report"."subscription_id" AS "v14",
      "report"."fee_id" AS "v15",
      "report"."transfer_id" AS "v16",
      "report"."destination_id" AS "v17",
      "report"."customer_id" AS "v18",
      "report"."customer_email" AS "v19",
      "report"."customer_name" AS "v20",
      "report"."customer_description" AS "v21",
      "report"."customer_shipping_address_line1" AS "v22",
      "report"."customer_shipping_address_line2" AS "v23",
      "report"."customer_shipping_address_city" AS "v24",
      "report"."customer_shipping_address_state" AS "v25",
      "report"."customer_shipping_address_postal_code" AS "v26",
      "report"."customer_shipping_address_country" AS "v27",
      "report"."customer_address_line1" AS "v28",
      "report"."customer_address_line2" AS "v29",
      "report"."customer_address_city" AS "v30",
      "report"."customer_address_state" AS "v31",
      "report"."customer_address_postal_code" AS "v32",
      "report"."customer_address_country" AS "v33",
      "report"."shipping_address_line1" AS "v34",
      "report"."shipping_address_line2" AS "v35",
      "report"."shipping_address_city" AS "v36",
      "report"."shipping_address_state" AS "v37",
      "report"."shipping_address_postal_code" AS "v38",
      "report"."shipping_address_country" AS "v39",
      "report"."card_address_line1" AS "v40",
      "report"."card_address_line2" AS "v41",
      "report"."card_address_city" AS "v42",
      "report"."card_address_state" AS "v43",
      "report"."card_address_postal_code" AS "v44",
      "report"."card_address_country" AS "v45",
      "report"."automatic_payout_id" AS "v46",
      "report"."automatic_payout_effective_at" AS "v47",
      "report"."event_type" AS "v48",
      "report"."payment_method_type" AS "v49",
      "report"."is_link" AS "v50",
      "report"."card_brand" AS "v51",
      "report"."card_funding" AS "v52",
      "report"."card_country" AS "v53",
      "report"."statement_descriptor" AS "v54",
      "report"."customer_facing_currency" AS "v55",
      "report"."customer_facing_amount" AS "v56",
      "report"."activity_interval_type" AS "v57",
      "report"."activity_start_date" AS "v58",
      "report"."activity_end_date" AS "v59",
      "report"."balance_transaction_description" AS "v60",
      "report"."connected_account_id" AS "v61",
      "report"."connected_account_name" AS "v62",
      "report"."connected_account_country" AS "v63",
      "report"."connected_account_direct_charge_id" AS "v64",
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
          ARRAY[CAST("n" AS VARCHAR), 'amount', "q0", CAST("s0" AS VARCHAR), 'customer_facing_amount', "q1", CAST("s1" AS VARCHAR)]
        ) AS JSON)
      ) AS "totals"
    FROM (
      SELECT
        COUNT(*) AS "n",
        "amount"."currency" AS "q0",
        SUM("amount"."minor") AS "s0",
        "customer_facing_amount"."currency" AS "q1",
        SUM("customer_facing_amount"."minor") AS "s1"
      FROM "report"
      GROUP BY
        "amount"."currency",
        "customer_facing_amount"."currency"
    ) AS "sums"
  ) AS "control"
) AS "written"
ORDER BY
  "part",
  "k0",
  "k1",
  "k2"
