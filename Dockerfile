# The dashboard: how to build and run it is in docs/dashboard.md.
FROM python:3.13-slim

WORKDIR /app
COPY requirements-reports.txt .
RUN pip install --no-cache-dir --no-compile --require-hashes -r requirements-reports.txt
COPY app.py LICENSE ./
COPY chalicelib chalicelib
COPY reports reports

# It can write nothing but what Streamlit keeps for itself.
RUN useradd --create-home dashboard
USER dashboard
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8501
HEALTHCHECK CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
# Within a container, 127.0.0.1 is the container alone: `docker run --publish` says who may come.
ENTRYPOINT ["python", "-m", "reports.dashboard", "--host", "0.0.0.0"]
