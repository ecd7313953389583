alter table product drop column colour;
