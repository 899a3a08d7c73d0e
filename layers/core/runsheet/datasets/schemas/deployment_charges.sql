-- title: Deployment charges
-- time: effective_from
--
-- What the place where an organisation's data lies costs on top of each credit, from which day on. A column's comment is
-- its meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table deployment_charges (
    id varchar primary key,  -- id of the charge; a later record with the same id replaces it
    effective_from date not null,  -- first day (UTC) on which it holds, until a later one does
    deployment varchar,  -- name of the deployment, for people
    surcharge decimal(18, 9) not null,  -- credits on top of each credit used, such as 0.1; of at most four decimals
    check (surcharge between 0 and 1000),
    check (surcharge = round(surcharge, 4)),
    check (length(id) between 1 and 255)
);
