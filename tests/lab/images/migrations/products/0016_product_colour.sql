alter table product add column colour text;
