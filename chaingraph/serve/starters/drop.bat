@echo off
setlocal
title chaingraph
if not exist "%~dp0python\python.exe" goto missing
set "FILES="
:next
if "%~1"=="" goto run
set FILES=%FILES% --drop "%~f1"
shift
goto next
:run
"%~dp0python\python.exe" -X utf8 -m chaingraph serve --lang {lang}%FILES%
if errorlevel 130 goto end
if errorlevel 1 pause
:end
endlocal
exit /b
:missing
for /f "tokens=2 delims=:" %%p in ('chcp') do set "PAGE=%%p"
chcp 65001 >nul
echo python\python.exe is missing: unpack the whole folder, then drop the spreadsheet here again.
echo 没有找到 python\python.exe：请先把整个文件夹解压出来，再把表格拖到这里。 (unpack first)
chcp %PAGE% >nul
pause
endlocal
