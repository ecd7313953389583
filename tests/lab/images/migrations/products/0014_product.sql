create table product (id int primary key, name text not null);
insert into product select n, $$product $$ || n from generate_series(1, 100) n;
