"""The bundled datasets: folders of CSV files with a datapackage.json each."""
