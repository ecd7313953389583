alter table product drop column price;
