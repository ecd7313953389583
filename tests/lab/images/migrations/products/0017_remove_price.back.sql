alter table product add column price int not null default 0;
