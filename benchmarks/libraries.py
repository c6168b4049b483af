"""Imports the libraries that a backfill needs and does nothing: the memory that none of our code can save."""

import psycopg2
import requests
import sqlalchemy.dialects.postgresql.psycopg2
import sqlalchemy.dialects.sqlite.pysqlite
import sqlalchemy.orm
import tqdm

LIBRARIES = (psycopg2, requests, sqlalchemy, tqdm)
