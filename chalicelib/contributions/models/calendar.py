"""The calendar of working time, by which views count business hours."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Date
from sqlalchemy.orm import Mapped, mapped_column

from chalicelib.store.base import Base


class WorkingDay(Base):
    """How much working time there is in each UTC day, and before it."""

    __tablename__ = "working_days"
    __table_args__ = (
        {"comment": "Working time of each UTC day, by the settings WORK_TIME_ZONE, WORK_DAYS and WORK_HOURS"},
    )

    day: Mapped[date] = mapped_column(Date, primary_key=True, comment="Day, UTC; also those without any working time")
    seconds_before: Mapped[int] = mapped_column(
        BigInteger, comment="Working seconds from the table's first day until this day begins"
    )
    opens: Mapped[int] = mapped_column(
        BigInteger, comment="Second of the day, UTC, at which working time begins; 0, as closes is: it has none"
    )
    closes: Mapped[int] = mapped_column(BigInteger, comment="Second at which it ends; 86400: it goes on the next day")
    opens_again: Mapped[int] = mapped_column(
        BigInteger, comment="Second at which it begins once more, where the local night is in between; 0: it doesn't"
    )
    closes_again: Mapped[int] = mapped_column(BigInteger, comment="Second at which that ends")
